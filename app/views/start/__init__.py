"""Where a person starts: start page, help and tour."""
