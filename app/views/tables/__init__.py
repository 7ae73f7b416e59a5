"""Tables: videos, comments and statistics."""
