"""Timeline: lanes of one video painted from arrays, and the gestures on them.

kinds/        kinds of lanes, a class each: title, height, painting, tooltip, snapping
lane          base class of the kinds, and the place where a lane is painted
video_data    what lanes are drawn from: segments, predictions, motion, the file
lane_set      which lanes a person wants, in which order, how high
lane_chooser  that choice in the window: its commands and settings
layout        which lane stands at which height
headers       titles of the lanes at the left, dragged to reorder and to resize

geometry      frame <-> x, ticks, pixels
snapping      which boundary is taken hold of, where a drag snaps
style         colours and fonts; inks of the classes
segments      segments as arrays, and a lane of them painted
segment_box   one segment painted
segment_lane  what the kinds of lanes that show segments have in common
curves        one value per frame, painted
minimap       the whole video in one strip
overview      ruler, viewport, range, playhead, handles
selected      selected and growing segments over the annotation
lane_cache    the picture of minimap, ruler and lanes, kept while the playhead moves
painter       all of it put together

gestures      what a drag does: begin, move, commit or cancel
pointer       which gesture a press of the mouse begins
view          the widget
"""
