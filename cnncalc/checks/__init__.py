"""Checks: what is to be checked, what it comes to, and whether that is as agreed."""
