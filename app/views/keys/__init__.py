"""Keys and commands: key sheet, key editor, command palette."""
