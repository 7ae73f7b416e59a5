"""Labels: classes, the partition of a video into segments, its edits and its scores."""
