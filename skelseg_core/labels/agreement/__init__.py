"""Agreement of people who labelled the same videos: figures, and what they mean."""
