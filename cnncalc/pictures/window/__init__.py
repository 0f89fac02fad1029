"""The window view: the sweep of one layer. `sweep` its geometry, `values` numbers for it, `painting` the picture."""
