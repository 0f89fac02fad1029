"""PyTorch models as graphs, by their source or by torch, with the lines that they are written on."""
