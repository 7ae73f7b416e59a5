"""Runs over a project: their log, how far they are, and whose a task is."""
