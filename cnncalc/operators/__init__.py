"""Which layer an operator of torch is: one table for all that read PyTorch, without torch."""
