"""The core of skelseg: everything that can be done without a window.

Layers, each of which imports lower ones only (held by import-linter):

L0 values          errors, progress, skeleton, segmentation, config, files
L1 signals         poses, heatmaps, video, decoding, metrics
L2 project, stores project, journal, estimators, features, io
L3 learning        models, losses, data (torch)
L4 runs            training, inference, tasks
L5 doors           cli, worker
"""

__version__ = "0.1.0"
