"""Torch: choice of the processor, and published weights."""
