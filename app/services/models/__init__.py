"""Models and poses: pre-labels, training, runs over many videos, small copies."""
