"""From what a text says to the graph."""
