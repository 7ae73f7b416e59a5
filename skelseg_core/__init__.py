"""The core of skelseg: everything that can be done without a window.

Folders, each of which imports those above it only (held by import-linter):

torch_tools           the processor and the published weights, for all uses of torch
labels, video         segmentations and their scores; frames by number
poses                 skeletons, keypoints over time, heatmaps of them
estimators, formats   networks that find keypoints; one file per format of others
project               the immutable value, its folder, journal and files
features, learning    one vector per frame; networks, training, prediction
tasks                 long tasks that a person starts, one generator each
benchmark, cli        the tables of the paper; the command line
"""

import os

__version__ = "0.1.0"

# ONNX Runtime sends telemetry from its import on, unless this is set before. Python
# runs this file before any other module of the package.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
