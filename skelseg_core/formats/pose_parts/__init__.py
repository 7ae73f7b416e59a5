"""Parts of pose formats: people of frames, numbers in text, edges of skeletons."""
