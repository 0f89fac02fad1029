"""The readers, one for each way to write a network."""
