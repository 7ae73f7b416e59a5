"""Videos on other computers: addresses, permission to ask them, and what they answer.

`address` takes an address apart, `permission` says which hosts may be asked for which
project, `remote_file` reads an object through one of `https`, `s3` and `ssh`, and
`mp4_boxes` finds where the pictures of an .mp4 lie.
"""
