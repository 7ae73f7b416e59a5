"""Long tasks that a person starts, one generator each."""
