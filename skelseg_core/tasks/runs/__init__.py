"""Runs: stages of work on many videos, in several processes or on several computers."""
