"""Tables: videos, segments, statistics and history."""
