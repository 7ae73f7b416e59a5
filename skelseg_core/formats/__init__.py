"""File formats of other tools: one file each, with a descriptor; none imports another.

``poses/``, ``labels/`` and ``datasets/`` hold the formats; the modules beside these
folders hold the code that formats share.
"""
