"""The demo clips: an animated person sets a table; drawn by code, from a seed."""
