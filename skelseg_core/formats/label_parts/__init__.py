"""Parts of label formats: what a format reads or writes with, in modules of its own."""
