"""Copies: backups and what they bring back, Save as, what lies beside a project."""
