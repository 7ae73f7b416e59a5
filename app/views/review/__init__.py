"""Review: the room in which pre-labels are looked at and mended."""
