"""History: journals of sessions, recovery after a crash, steps of earlier sessions."""
