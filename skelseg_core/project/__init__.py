"""Projects: the immutable value, its folder, journal, label files and poses."""
