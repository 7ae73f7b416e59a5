"""Labels by hand: segments, classes, keys, keypoints, and what fills in from them."""
