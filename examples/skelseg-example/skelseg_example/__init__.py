"""An example of what a package adds to skelseg; nothing is imported here."""
