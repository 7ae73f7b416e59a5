"""Views of jobs, of saving, and of models."""
