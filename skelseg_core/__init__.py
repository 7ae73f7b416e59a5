"""The core of skelseg: everything that can be done without a window.

Layers, each of which imports lower ones only (held by import-linter):

L0 values          errors, progress, skeleton, segmentation, config, files
L1 signals         poses, heatmaps, video, decoding, metrics
L2 project, stores project, journal, estimators, features, io
L3 learning        models, losses, data (torch)
L4 runs            training, inference, tasks
L5 doors           cli, worker
"""

import os

__version__ = "0.1.0"

# ONNX Runtime reports its use to its maker, from its import on, unless told before.
# This file is run before any other of ours, whatever was started.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
