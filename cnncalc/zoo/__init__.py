"""Published networks, in YAML, and their figures."""
