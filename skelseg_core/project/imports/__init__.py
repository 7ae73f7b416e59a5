"""Imports: labels and poses of other tools, and of other annotators."""
