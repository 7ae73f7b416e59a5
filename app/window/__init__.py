"""The window: what it is made of, its menus, and how it is opened and left."""
