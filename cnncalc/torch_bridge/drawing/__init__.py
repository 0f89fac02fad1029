"""Drawn layers and networks, held against torch."""
