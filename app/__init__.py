"""The window of skelseg.

Folders; each imports only those above it (import-linter checks that):

kit              helpers that any program with Qt could use
state            the open project, the current video and frame
playback         player, decoder, clock, sound, thumbnails
services         edits, jobs, import and export, without widgets
timeline, views  the widgets
window           the window, its docks and menus, opening and closing
"""
