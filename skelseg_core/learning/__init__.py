"""Learning: networks, their training, what they predict and what that is worth."""
