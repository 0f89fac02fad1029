"""The field view: `seen` what one output position depends on, `photo` a picture under it, `painting` the picture."""
