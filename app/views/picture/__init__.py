"""The picture: the video and everything that is painted over it."""
