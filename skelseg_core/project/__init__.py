"""Projects: the immutable value, its folder, journal, labels and poses."""
