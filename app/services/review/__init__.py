"""Review: the room, the wall, several people, and which video is next."""
