"""Review: which places are worth a look, and what can be offered there."""
