"""PyTorch source read without torch: the user's own code runs, and what it imports as torch knows shapes alone."""
