"""Pictures of labels: videos with labels burned in, clips of segments, plots."""
