"""The core of skelseg: everything that can be done without a window.

Folders, each of which imports those above it only (held by import-linter):

torch_tools           what every use of torch shares
labels, video         segmentations and their scores; frames by number
poses                 skeletons, keypoints over time, heatmaps of them
estimators, formats   networks that find keypoints; one file per format of others
project               the immutable value, its folder, journal and files
features, learning    one vector per frame; networks, training, prediction
tasks                 one generator for each long thing that a person starts
benchmark, cli        the tables of the paper; the command line
"""

import os

__version__ = "0.1.0"

# ONNX Runtime reports its use to its maker, from its import on, unless told before.
# This file is run before any other of ours, whatever was started.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
