"""The benchmark: the tables of the paper, their runs and their report."""
