"""Playback: player, decoder, clock, sound and small pictures."""
