"""Agreement of people who labelled the same videos: figures and their meanings."""
