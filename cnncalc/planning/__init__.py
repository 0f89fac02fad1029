"""Backwards: which numbers a network needs for what is wanted of it."""
