"""Recordings: frames by number, their times and colours, sound, images."""
