"""The window of skelseg."""
