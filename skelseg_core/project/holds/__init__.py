"""Holds: who edits which part of a project now, for all who open its folder."""
