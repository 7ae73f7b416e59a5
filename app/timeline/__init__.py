"""Timeline: paint the lanes of one video from arrays, and edit them by gestures.

kinds/        kinds of lanes, a class each: title, height, painting, tooltip, snapping
lane          base class of the kinds, and the rectangle that a lane is painted in
video_data    data of the lanes: segments, predictions, motion, readers of the file
lane_set      which lanes a person wants, in which order, how high
lane_chooser  commands and settings for the choice of lanes
layout        top and height of each lane
headers       titles of the lanes at the left, dragged to reorder and to resize

geometry           frame <-> x, ticks, pixels
snapping           the boundary that a press grabs, the frame that a drag snaps to
segments           segments as arrays, and painting a lane of them
segment_box        painting one segment
segment_lane       base class of the lanes that show segments
curves             painting one value per frame
differences        comparing two lanes, large ones in a thread
minimap            the whole video in one strip
ruler              ruler, viewport, range, playhead, handles
key_line           keys named below the lanes until they are known
motion             how the lanes came to what they show, in 120 ms
selection_overlay  painting selected and growing segments over the annotation
painter            puts all of these together

gestures      drags: begin, move, commit or cancel
pointer       begins a gesture for each press of the mouse
view          the widget
"""
