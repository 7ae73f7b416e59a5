"""Labels of another annotator: their project is read as a file of labels.

They are imported as those of any file (`label_import`), into the lane of that person.
"""

from __future__ import annotations

from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import Interval, LabelFile, LabelTrack
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import check_labels
from skelseg_core.project.videos_and_tracks import Track

PROJECT_FILE = "project.json"


def project_labels(path: Path, project: Project) -> LabelFile:
    """Read the labels of another annotator, of the videos of ``project``.

    Parameters
    ----------
    path : Path
        The other's project folder, or its ``project.json``.
    project : Project
        Whose videos count.

    Returns
    -------
    LabelFile
        Each track is of the track of ``project`` that shows the same film; segments
        are as they are there.

    Raises
    ------
    FormatError, ProjectError
        Where the project cannot be read, or says nothing of these videos.
    """
    root = path if path.is_dir() else path.parent
    other = ProjectFolder(root).load()
    found = []
    for track in project.tracks:
        theirs = _same_track(track, other)
        if theirs is not None and theirs.annotation.n_labelled:
            found.append(_labels(theirs, track, other))
    if not found:
        # Whether the files that are gone had labels is unknown: do not say "none".
        check_labels(other.tracks)
        raise FormatError(
            "{} has no labels for a video of this project; choose a project with "
            "labels of the same videos.",
            root,
        )
    names = {track.annotator for track in other.tracks} - {""}
    author = names.pop() if len(names) == 1 else ""
    return LabelFile(root / PROJECT_FILE, tuple(found), author=author)


def _labels(theirs: Track, track: Track, other: Project) -> LabelTrack:
    intervals = tuple(
        Interval(s.start, s.stop, other.name_of(s.class_id), segment=s)
        for s in theirs.annotation.segments
        if not s.unlabelled
    )
    return LabelTrack(
        intervals, "frame", track.id, n_frames=theirs.n_frames, says_who=True
    )


def _same_track(track: Track, other: Project) -> Track | None:
    """Find the same track of the same file, whatever its place and name."""
    for theirs in other.tracks:
        file = (track.video.fingerprint, track.n_frames, track.tier)
        same = file == (theirs.video.fingerprint, theirs.n_frames, theirs.tier)
        first = theirs.is_named_like_video and track.is_named_like_video
        if same and (first or theirs.person == track.person):
            return theirs
    return None
