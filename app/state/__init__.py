"""State: the open project and what is looked at now."""
