"""Keys and commands: sheet, editor, command palette."""
