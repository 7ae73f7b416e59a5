"""Video features: network inputs of one video, of pictures, keypoints and scores.

Everything that takes long is a generator of progress. Features of pictures are kept in
the user's cache; what is made of keypoints is made anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.array_files import content_key
from skelseg_core.config import Modality, Preset, to_dict
from skelseg_core.errors import FormatError, ModelError, ProjectError
from skelseg_core.features.cache import FeatureRows, frame_hashes
from skelseg_core.features.estimated_poses import estimate_of, pose_every
from skelseg_core.features.extraction import (
    FeatureCache,
    FeatureParts,
    FeatureSource,
    feature_settings_key,
    half_precision,
    heatmap_features,
    n_pictures,
    rgb_features,
    squares,
)
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.formats.poses_npz import load_poses3d, load_risk
from skelseg_core.poses.hand_boxes import hand_boxes
from skelseg_core.poses.sequence import follow_boxes
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import (
    SubjectInput,
    derived_features,
    is_derived,
    lost_keypoints,
    make_subject_input,
    mirrored_subject,
)
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.bodies import check_body
from skelseg_core.project.video_poses import with_subject
from skelseg_core.said import Said

SEEK_FROM = 64
"""Unneeded frames between two needed ones from which on seeking beats decoding."""

COST_S = {"poses": 30.0, "heatmap": 2.0, "rgb": 12.0}
"""Seconds of one core, about, to make 1,000 frames of a modality, or look at as many
for poses."""

DERIVED_RECIPE = 1
"""Version of the derived features; raising it makes earlier models unfit."""

if TYPE_CHECKING:
    from skelseg_core.features.backbones import Backbone
    from skelseg_core.video.reader import VideoReader


@dataclass(frozen=True)
class VideoFeatures:
    """Network inputs of one video.

    Parameters
    ----------
    features : Mapping[str, ndarray (T, D)]
        By modality; those of pictures in half precision, as they are kept.
    subject : SubjectInput
        Keypoints of the subject.
    risk : ndarray (T,), optional
        REBA scores.
    """

    features: Mapping[str, np.ndarray]
    subject: SubjectInput
    risk: np.ndarray | None = None


def features_of(
    work: FeatureWork,
    preset: Preset,
    allow_download: bool = False,
    lost: str | None = None,
    cached: bool = True,
) -> Task[VideoFeatures]:
    """Make the features of every modality of a preset, or take them from the cache.

    Parameters
    ----------
    work : Work
    preset : Preset
    allow_download : bool
        Whether pretrained torchvision weights may be downloaded.
    lost : str, optional
        For a test of missing limbs: one of `losses_of`, or the empty text for none.
        In such a test no gap is bridged, whatever the preset says: straight lines
        would put back most of what is taken away.
    cached : bool
        Whether features that are kept are taken; else all are made anew.
    """
    _check_inputs(work, preset)
    check_body(work.project, work.item)
    parts = Parts(list(_costs(work, preset).values()))
    estimate = yield from parts.part(estimate_of(work))
    poses, subject = with_subject(estimate, work.item)
    skeleton = load_skeleton(work.project.skeleton)
    solid = None
    if "keypoints3d" in preset.model.modalities:
        solid = _keypoints3d(work)
    if lost is not None:
        preset = replace(preset, features=replace(preset.features, max_gap=0))
    if lost:
        rng = np.random.default_rng(zlib.crc32(work.item.id.encode()))
        hidden = lost_keypoints(skeleton, poses.n_frames, lost, rng)
        scores = np.where(hidden[:, None], np.float32(0), poses.scores)
        poses = replace(poses, scores=scores)
        if solid is not None:
            solid = np.where(hidden[..., None], np.float32(np.nan), solid)
    inputs = make_subject_input(poses, subject, skeleton, preset, solid)
    inputs = mirrored_subject(inputs) if work.mirrored else inputs
    backbone: Backbone | None = None
    found: dict[str, np.ndarray] = {}
    for modality in preset.model.modalities:
        if is_derived(modality, preset):
            found[modality] = derived_features(inputs, modality, preset)
            continue
        state = _State(work, preset, modality, inputs)
        values = state.kept() if cached else None
        if values is None:
            # Yield before the network is loaded: `kept_features` stops here.
            yield Progress(state.step(work.item.video.title))
            if backbone is None:
                backbone = _backbone(preset, work.threads, allow_download)
            values = yield from parts.part(state.made(backbone, cached))
        else:
            parts.skip()
        found[modality] = values
    return VideoFeatures(found, inputs, _risk(work))


def _check_inputs(work: FeatureWork, preset: Preset) -> None:
    """Refuse pictures where there are none, or where they would be mirrored."""
    modalities = preset.model.modalities
    if "rgb" in modalities:
        work.check_pictures()
    if work.mirrored and not all(is_derived(m, preset) for m in modalities):
        raise ModelError(
            "The labels of {} mirror those of the other side, and pictures cannot be "
            "mirrored; choose a recipe on keypoints, such as keypoints.",
            work.item.called,
        )


def kept_features(work: FeatureWork, preset: Preset) -> VideoFeatures | None:
    """Take the features of a video from the cache; None where some must be made."""
    task = features_of(work, preset)
    try:
        next(task)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        task.close()
    return None


def making_cost(work: FeatureWork, preset: Preset) -> float:
    """Estimate the seconds of making the features of a video, if none is kept."""
    return sum(_costs(work, preset).values())


def _costs(work: FeatureWork, preset: Preset) -> dict[str, float]:
    """Estimate the seconds of poses and of each modality, in the order of making."""
    thousands = work.item.n_frames / 1000
    there = work.folder.poses_path(work.item.video_id).is_file()
    looked_at = thousands / pose_every(work.project, work.item)
    costs = {"poses": 0.0 if there else COST_S["poses"] * looked_at}
    for modality in preset.model.modalities:
        if not is_derived(modality, preset):
            costs[modality] = COST_S[modality] * thousands
            if modality == "rgb" and preset.features.rgb_crop == "hands":
                costs[modality] *= 2
    return costs


@dataclass(frozen=True)
class _State:
    """Features of one modality, as the poses are now."""

    work: FeatureWork
    preset: Preset
    modality: Modality
    subject: SubjectInput
    cache: FeatureCache = field(default_factory=FeatureCache)

    @property
    def key(self) -> str:
        """Key of the features in the cache."""
        return self._source.key

    def kept(self) -> np.ndarray | None:
        """Load the features from the cache, or None."""
        values = self.cache.get(self._source.key)
        if values is None or len(values) != self.work.item.n_frames:
            return None
        self._keep_rows()
        return values

    def step(self, name: str) -> str:
        """Name the step in the user's words."""
        if self.modality == "heatmap":
            return Said("heatmaps of {}", name)
        return Said("pictures of {}", name)

    def made(self, backbone: Backbone, reuse: bool) -> Task[np.ndarray]:
        """Make the features of the frames of which there are none to reuse."""
        n_frames, name = self.work.item.n_frames, self.work.item.video.title
        found, known = None, np.zeros(n_frames, bool)
        if reuse and self._by_frame:
            found, known = self._rows.find(self._hashes)
        missing = np.flatnonzero(~known)
        if found is not None:
            name = Said("{}: {} of {} frames", name, len(missing), n_frames)
        yield Progress(self.step(name))
        key = content_key(self._source.key, missing, backbone.batch)
        cache = self.cache if reuse else None
        dim = backbone.dim
        if self.modality == "rgb":
            dim *= n_pictures(self._boxes)
        kept = FeatureParts(len(missing), dim, cache, key)
        values = np.empty((n_frames, dim), np.float32)
        if found is not None:
            values[known] = found[known]
        if len(missing):
            values[missing] = yield from self._extracted(backbone, name, missing, kept)
        # What is kept and nothing finer: fresh and kept features are the same.
        values = half_precision(values)
        self.cache.put(self._source.key, values)
        # `put` ignores a full disk; then the features are only in the parts.
        if self.cache.path(self._source.key).is_file():
            kept.remove()
        self._keep_rows()
        return values

    def _extracted(
        self, backbone: Backbone, name: str, frames: np.ndarray, kept: FeatureParts
    ) -> Task[np.ndarray]:
        n_frames = len(frames)
        if 0 < kept.n_done < n_frames:
            name = f"{name}, from frame {int(frames[kept.n_done]):,} on"
        if self.modality == "heatmap":
            drawn = self.subject.heatmaps(self.preset.heatmap, frames[kept.n_done :])
            return (yield from heatmap_features(drawn, backbone, name, n_frames, kept))
        boxes = self._boxes
        if boxes is not None:
            boxes = boxes[frames]
        with self.work.open_video() as reader:
            pictures = _numbered(reader, frames, kept.n_done)
            return (
                yield from rgb_features(pictures, n_frames, backbone, name, boxes, kept)
            )

    @property
    def _by_frame(self) -> bool:
        # Features of whole frames depend on the pixels of the video alone.
        return bool(self._source.by_frame)

    @cached_property
    def _boxes(self) -> np.ndarray | None:
        """Boxes (T, 4) or (T, 2, 4) px that the RGB stream sees; None for frames."""
        crop = self.preset.features.rgb_crop
        if crop == "hands":
            return hand_boxes(self.subject.poses, self.subject.skeleton)
        return follow_boxes(self.subject.poses) if crop == "subject" else None

    @cached_property
    def _source(self) -> FeatureSource:
        item = self.work.item
        source = FeatureSource(
            self.modality,
            _settings_key(self.modality, self.preset),
            item.video.fingerprint,
            self.work.project.skeleton,
        )
        if self.modality == "heatmap":
            drawn = self.subject.drawn(self.preset.heatmap)
            arrays = drawn.keypoints[:, 0], drawn.scores[:, 0]
            return replace(source, edges=drawn.edges, by_frame=arrays)
        if self._boxes is None:
            return source
        places = squares(self._boxes, (item.video.width, item.video.height))
        return replace(source, by_frame=(places,))

    @property
    def _rows(self) -> FeatureRows:
        return FeatureRows(self.cache, self._source.rows_key)

    @cached_property
    def _hashes(self) -> np.ndarray:
        return frame_hashes(*self._source.by_frame)

    def _keep_rows(self) -> None:
        if self._by_frame:
            self._rows.keep(self._source.key, lambda: self._hashes)


def _numbered(
    reader: VideoReader, frames: np.ndarray, place: int = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Read ``frames`` in order from a ``place`` on, each with its place among them.

    One decoder goes through a stretch without a pause; between two it seeks, where
    that is shorter.
    """
    while place < len(frames):
        stop = place + 1
        # A few frames to spare are quicker than finding the place again.
        while stop < len(frames) and frames[stop] - frames[stop - 1] <= SEEK_FROM:
            stop += 1
        wanted = dict(zip(frames[place:stop].tolist(), range(place, stop), strict=True))
        first, last = int(frames[place]), int(frames[stop - 1])
        for number, picture in reader.frames(first, last + 1):
            if number in wanted:
                yield wanted[number], picture
        place = stop


def _keypoints3d(work: FeatureWork) -> np.ndarray:
    path = work.folder.poses3d_path(work.item.video_id)
    if not path.is_file():
        raise ProjectError(
            "There are no 3D poses of {}; import a data set that has them, or train a "
            "recipe on 2D keypoints.",
            work.item.video.title,
        )
    poses = load_poses3d(path)
    if poses.skeleton != work.project.skeleton or poses.n_frames != work.item.n_frames:
        raise FormatError(
            "{} has {} frames of {} keypoints, {} has {} of {}; import the data set "
            "again.",
            path,
            poses.n_frames,
            skeleton_title(poses.skeleton),
            work.item.video.title,
            work.item.n_frames,
            skeleton_title(work.project.skeleton),
        )
    return poses.keypoints


def _risk(work: FeatureWork) -> np.ndarray | None:
    path = work.folder.risk_path(work.item.video_id)
    if not path.is_file():
        return None
    risk = load_risk(path)
    if len(risk) != work.item.n_frames:
        raise FormatError(
            "{} has risk scores of {} frames, {} has {}; import the data set again.",
            path,
            len(risk),
            work.item.video.title,
            work.item.n_frames,
        )
    return risk


def _backbone(preset: Preset, threads: int, allow_download: bool) -> Backbone:
    from skelseg_core.features.backbones import load_backbone

    return load_backbone(preset.features, threads, allow_download)


def settings_keys(preset: Preset) -> dict[str, str]:
    """Compute the key of the settings that the features of each modality depend on."""
    return {m: _settings_key(m, preset) for m in preset.model.modalities}


def _settings_key(modality: Modality, preset: Preset) -> str:
    gap = preset.features.max_gap
    if not is_derived(modality, preset):
        key = feature_settings_key(modality, preset.heatmap, preset.features)
        # Whole frames do not depend on poses.
        return f"{key}-gap{gap}" if gap and modality == "heatmap" else key
    seen = preset.features.keypoints
    drawn = to_dict(preset.heatmap)
    parts = (drawn, gap) if modality == "heatmap" else (seen, gap, drawn["min_score"])
    return f"{modality}-{content_key(DERIVED_RECIPE, *parts)}"
