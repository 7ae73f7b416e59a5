"""Timeline: lanes of one video painted from arrays, and the gestures on them.

geometry  frame <-> x, hit test, snapping (Qt-free)
rows      which lane stands where
style     colours, fonts and words of the painting
lanes     segments and confidence
overview  ruler, minimap, range, playhead, handles
canvas    all of it put together: what is painted for one video
tips      words of the tooltip
tools     gestures: begin, move, commit or cancel
view      the widget
"""
