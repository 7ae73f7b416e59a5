"""Services: what the program does with a project, without widgets.

Every edit goes through `Document.apply`.
"""
