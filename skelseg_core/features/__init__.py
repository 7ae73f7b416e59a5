"""Features: one vector per frame, for pictures and heatmaps, and their cache."""
