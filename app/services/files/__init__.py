"""Files of a project: videos, imports, exports, saves, backups, and who holds what."""
