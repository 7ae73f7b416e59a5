"""The window of skelseg.

Folders, each of which imports those above it only (held by import-linter):

kit              what any program with Qt could use
state            the open project, and what is looked at now
playback         player, decoder, clock, sound, small pictures
services         the verbs, without widgets
timeline, views  what is seen of them
window           the window, its menus, how it is opened and left
"""
