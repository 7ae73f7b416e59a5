"""A project: the immutable value, its folder, journal, labels, poses and other annotators."""
