"""A real module as a graph."""
