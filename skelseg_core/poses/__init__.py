"""Poses: skeletons, keypoints over time, corrections, heatmaps of them."""
