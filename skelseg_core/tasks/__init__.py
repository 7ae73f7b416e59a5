"""Tasks: one generator for each long thing that a person starts."""
