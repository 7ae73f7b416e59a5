"""Copies: backups and what they bring back, Save a copy, what lies beside a project."""
