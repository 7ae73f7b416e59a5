"""Label files of any format: find the format, read the labels into a project.

Labels replace the whole annotation of a video; classes that the project does not have
are added to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skelseg_core.errors import EditError, FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.read_labels import ReadLabels
from skelseg_core.labels.classes import ActionClass
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.project import ANNOTATION, Project, VideoItem, set_lane
from skelseg_core.video.media_path import media_title


def label_format(path: Path) -> LabelFormat | None:
    """Find the format of a label file by its first lines; None where it has no labels.

    Raises
    ------
    FormatError
        Where the file cannot be read.
    """
    return _format_of(CandidateFile(path))


def _format_of(file: CandidateFile) -> LabelFormat | None:
    return next((form for form in LABEL_FORMATS if form.fits(file)), None)


def load_labels(path: Path, video: VideoItem | None = None) -> ReadLabels:
    """Read a label file of any format.

    Parameters
    ----------
    path : Path
    video : VideoItem, optional
        Whose labels are wanted, for files that say of each row which video it is of.

    Raises
    ------
    FormatError
        Where it is none, or damaged, or holds labels of other videos; says where.
    """
    file = CandidateFile(path)
    form = _format_of(file)
    if form is None:
        file.check_text()
        known = ", ".join(form.title for form in LABEL_FORMATS)
        raise FormatError(
            "{} holds no labels that skelseg knows; it reads {}.", path, known
        )
    return form.read(path, set() if video is None else _names_of(video))


def _names_of(item: VideoItem) -> set[str]:
    """List what a video may be called in a table: its id, or its file."""
    path = Path(item.path)
    return {item.id, media_title(path), path.name} if item.path else {item.id}


def with_labels(project: Project, video_id: str, labels: ReadLabels) -> Project:
    """Make labels the annotation of a video; add classes that are missing.

    Raises
    ------
    EditError
        Where the labels are of another number of frames, or a name cannot be one.
    """
    missing = [ActionClass(n, name, color="") for n, name in enumerate(labels.names)]
    project = add_classes(project, missing)
    ids = {c.name: c.id for c in project.label_map.classes}
    value = segmentation_of(labels, project.video(video_id), ids)
    return set_lane(project, video_id, ANNOTATION, value)


def segmentation_of(
    labels: ReadLabels, item: VideoItem, ids: Mapping[str, int | None]
) -> Segmentation:
    """Convert labels to a segmentation of a video, with the ids of its classes.

    Raises
    ------
    EditError
        Where the labels are of another number of frames.
    """
    left = item.n_frames - labels.n_frames
    if left < 0 or (left and not labels.open_ended):
        raise other_length(labels.path, labels.n_frames, item)
    return whole_segmentation(labels, item.n_frames, ids)


def other_length(path: Path, n_frames: int, item: VideoItem) -> EditError:
    """Say that a file labels another number of frames than a video has."""
    return EditError(
        "{} labels {:,} frames and {} has {:,}; give the labels of this very video.",
        path.name,
        n_frames,
        item.id,
        item.n_frames,
    )


def whole_segmentation(
    labels: ReadLabels, n_frames: int, ids: Mapping[str, int | None]
) -> Segmentation:
    """Convert all labels of a file, unlabelled from their end to ``n_frames``.

    Parameters
    ----------
    labels : ReadLabels
    n_frames : int
    ids : mapping of str to int or None
        Id of every class by its name; None leaves its frames unlabelled.
    """
    segments = []
    for s in labels.segments:
        class_id = ids[s.name] if s.name else None
        if class_id is None:
            segments.append(Segment(s.start, s.stop, confidence=s.confidence))
            continue
        made = Segment(s.start, s.stop, class_id, s.source, confidence=s.confidence)
        segments.append(made.as_reviewed() if s.reviewed else made)
    if labels.n_frames < n_frames:
        segments.append(Segment(labels.n_frames, n_frames))
    return Segmentation(tuple(segments))
