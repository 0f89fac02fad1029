"""From text to graph, and back."""
