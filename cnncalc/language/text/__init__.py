"""Texts: where they come from, and what they say."""
