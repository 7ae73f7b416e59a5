"""Tables of any columns as label files: their cells, columns and times."""
