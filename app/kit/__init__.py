"""What any program with Qt could use: colours, icons, settings, keys, commands."""
