"""Views: widgets that show Document, Session and Player, and signal requests."""
