"""One file per format behind ``load_*`` and ``save_*``; none imports another."""
