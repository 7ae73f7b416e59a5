"""Pose formats of other tools: one file each; to add one, write it and list it here."""

from skelseg_core.formats.descriptors import FormatList, PoseFormat
from skelseg_core.formats.poses.coco import Coco
from skelseg_core.formats.poses.dlc import DeepLabCut
from skelseg_core.formats.poses.mediapipe import MediaPipe
from skelseg_core.formats.poses.openpose import OpenPose
from skelseg_core.formats.poses.plain_csv import PlainCsv
from skelseg_core.formats.poses.sleap_analysis import SleapAnalysis
from skelseg_core.formats.poses.slp import Slp

POSE_FORMATS: FormatList[PoseFormat] = FormatList(
    PoseFormat,
    (OpenPose(), Coco(), DeepLabCut(), Slp(), SleapAnalysis(), MediaPipe(), PlainCsv()),
)
"""Formats in the order in which they are tried; the first that fits is taken."""
