"""Poses: skeletons, keypoints over time, corrections and heatmaps."""
