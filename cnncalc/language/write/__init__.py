"""From graph to text."""
