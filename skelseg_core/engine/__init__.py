"""Tasks in processes of their own: one, or several at a time."""
