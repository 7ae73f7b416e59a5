"""Formats: one file each, with a descriptor; none imports another.

``poses/``, ``labels/`` and ``datasets/`` hold the formats; the files beside these
folders hold what they share.
"""
