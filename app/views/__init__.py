"""Views: they read Document, Session and Player, and signal what a person wants."""
