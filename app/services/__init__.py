"""Services: the verbs of the program, without widgets; edits go through Document."""
