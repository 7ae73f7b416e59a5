"""Label files of any format: find the format, read the labels of one video.

`label_import` brings them into a project.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skelseg_core.errors import EditError, FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import LabelFile, LabelTrack
from skelseg_core.formats.labels import ANY_TABLE, LABEL_FORMATS
from skelseg_core.formats.labels.any_table import TABLE_SUFFIXES
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.imports.frames_and_overlaps import segmentation_of
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import listed


def label_format(path: Path) -> LabelFormat | None:
    """Find the format of a label file by its first lines; None where it has no labels.

    Raises
    ------
    FormatError
        Where the file cannot be read.
    """
    return _format_of(CandidateFile(path))


def _format_of(file: CandidateFile) -> LabelFormat | None:
    return next((f for f in LABEL_FORMATS if f.is_read and f.fits(file)), None)


def load_label_file(
    path: Path, form: LabelFormat | None = None, options: ReadOptions | None = None
) -> LabelFile:
    """Read a label file, of the format that fits where none is given.

    Raises
    ------
    FormatError
        Where it is none, or damaged; says where.
    """
    form = form or readable_format(path)
    if said := form.why_not(CandidateFile(path)):
        raise FormatError("{} {}", path, said)
    return form.read_file(path, options or ReadOptions())


def readable_format(path: Path) -> LabelFormat:
    """Find the format of a label file; raises FormatError where it has no labels."""
    file = CandidateFile(path)
    form = _format_of(file)
    if form is None:
        file.check_text()
        for said in (f.why_not(file) for f in LABEL_FORMATS):
            if said:
                raise FormatError("{} {}", path, said)
        known = ", ".join(form.title for form in LABEL_FORMATS if form.is_read)
        raise FormatError(
            "{} has no labels in a format that skelseg reads: {}.", path, known
        )
    return form


def importable_format(path: Path) -> LabelFormat:
    """Find the format of a file to import; a table of unknown columns is one as well.

    A person may have said, or will be asked, what its columns are.

    Raises
    ------
    FormatError
        Where it has no labels.
    """
    try:
        return readable_format(path)
    except FormatError:
        if path.suffix.lower() not in TABLE_SUFFIXES:
            raise
        return ANY_TABLE


def load_labels(path: Path) -> LabelTrack:
    """Read the labels of one video from a file that counts in frames.

    Returns
    -------
    LabelTrack
        Its intervals are in the order of time and do not overlap.

    Raises
    ------
    FormatError
        Where it is none, or damaged, or holds labels of several videos, or counts in
        seconds; says where.
    """
    track = _only_track(load_label_file(path))
    if track.unit != "frame":
        raise FormatError(
            "{} has times and no frames; import it with File > Import labels, or "
            "with 'skelseg import', which read the times of the video.",
            path,
        )
    if track.unpaired:
        raise FormatError(
            "{}, {}: '{}' starts and does not stop; import it into a project and "
            "choose where it stops.",
            path,
            track.unpaired[0].place,
            track.unpaired[0].name,
        )
    at = 0.0
    for i in track.intervals:
        if i.start < at:
            raise FormatError(
                "{}, {}: the segment starts at frame {:g}, and the one before stops "
                "at {:g}; segments must not overlap.",
                path,
                i.place,
                i.start,
                at,
            )
        at = i.stop
    return track


def _only_track(file: LabelFile) -> LabelTrack:
    """Find the track of the one video that a file is of."""
    found = file.tracks
    other = next((t for t in found if t.picks != found[0].picks), None)
    if other is not None:
        raise FormatError(
            "{} has several tracks, '{}', '{}' and perhaps more; import it into a "
            "project and choose one.",
            file.path,
            found[0].title,
            other.title,
        )
    if len(found) > 1:
        raise FormatError(
            "{}, {}: the file has rows of several videos ({}); use a file of one.",
            file.path,
            found[1].intervals[0].place,
            listed([t.media for t in found]),
        )
    return found[0]


def labels_of_video(
    labels: LabelTrack, item: Track, ids: Mapping[str, int | None], path: Path
) -> Segmentation:
    """Convert labels to a segmentation of a video, with the ids of its classes.

    Raises
    ------
    EditError
        Where the labels are of another number of frames.
    """
    n_frames = frames_said(labels)
    if n_frames > item.n_frames or labels.n_frames not in (None, item.n_frames):
        raise EditError(
            "{} labels {:,} frames and {} has {:,}; use the labels of this video.",
            path.name,
            n_frames,
            item.id,
            item.n_frames,
        )
    return whole_segmentation(labels, item.n_frames, ids)


def frames_said(labels: LabelTrack) -> int:
    """Count the frames of labels that are in frames, to the end of the last one."""
    return labels.n_frames or int(max((i.stop for i in labels.intervals), default=0))


def whole_segmentation(
    labels: LabelTrack, n_frames: int, ids: Mapping[str, int | None]
) -> Segmentation:
    """Convert labels in frames, in the order of time and without overlaps."""
    pieces = ((int(i.start), int(i.stop), i) for i in labels.intervals)
    return segmentation_of(pieces, n_frames, ids)
