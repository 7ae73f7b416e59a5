"""The window of skelseg.

A0 state     document, session, settings, theme
A1 services  jobs, player, operations
A2 views     timeline, views, dialogs
A3 assembly  actions, main_window, __main__
"""
