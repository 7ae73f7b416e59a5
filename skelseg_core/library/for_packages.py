"""Types that packages and scripts need to name."""

from skelseg_core.errors import FormatError as FormatError
from skelseg_core.estimators.base import PictureEstimator as PictureEstimator
from skelseg_core.estimators.registry import EstimatorKind as EstimatorKind
from skelseg_core.formats.descriptors import CandidateFile as CandidateFile
from skelseg_core.formats.descriptors import LabelFormat as LabelFormat
from skelseg_core.formats.descriptors import PoseFormat as PoseFormat
from skelseg_core.formats.descriptors import ReadOptions as ReadOptions
from skelseg_core.formats.label_file import Interval as Interval
from skelseg_core.formats.label_file import LabelFile as LabelFile
from skelseg_core.formats.label_file import LabelledVideo as LabelledVideo
from skelseg_core.formats.label_file import LabelTrack as LabelTrack
from skelseg_core.formats.pose_parts.detections import TargetFrames as TargetFrames
from skelseg_core.labels.comments import Comment as Comment
from skelseg_core.poses.sequence import PoseSequence as PoseSequence
