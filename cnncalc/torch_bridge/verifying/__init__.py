"""A graph as a real module, and its figures beside torch's."""
