"""What runs, what was saved, and the model that works."""
