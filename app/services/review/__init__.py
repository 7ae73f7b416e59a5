"""Review: the room, the wall, several people, conventions, and which video is next."""
