"""Pictures of labels: videos with labels burned in, plots."""
