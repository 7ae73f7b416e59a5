"""What makes the site, translations, pictures and counts, and what tries to break."""
