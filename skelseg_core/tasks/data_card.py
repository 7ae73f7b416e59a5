"""Data card: a page in Markdown on exported labels, for who receives them.

Every number is counted from the very labels that are exported, and times come from the
timestamps of each video.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from skelseg_core import __version__
from skelseg_core.errors import FormatError, ModelError
from skelseg_core.formats.descriptors import Descriptor
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.labels.agreed_prelabels import began_as_prelabels
from skelseg_core.labels.segmentation import Segment
from skelseg_core.labels.statistics import (
    ClassStatistics,
    StatisticsPart,
    class_statistics,
)
from skelseg_core.learning.model_info import load_info
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import model_of_lane
from skelseg_core.said import counted

CARD = "data-card.md"
"""Name of the file."""


def data_card(
    folder: ProjectFolder,
    project: Project,
    videos: Sequence[LabelledVideo],
    forms: Sequence[Descriptor],
    lost: Sequence[str] = (),
) -> Task[str]:
    """Write the data card of exported labels.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    videos : sequence of LabelledVideo
        What is exported, all of one lane; at least one.
    forms : sequence of Descriptor
        Formats that it is written in.
    lost : sequence of str
        Sentences on what they could not hold of these labels.
    """
    classes = list[str]()
    for tier in project.tiers:
        own = project.of_tier(tier)
        named = f" in {_text(tier.name)}" if len(project.tiers) > 1 else ""
        same = [v for v in videos if own.has(v.id)]
        if same:
            parts = [StatisticsPart(v.id, v.segmentation, v.times) for v in same]
            counts = yield from class_statistics(parts, own.classes)
            classes += ["", *_classes(own, counts, named)]
    sections = [
        _contents(project, videos, forms),
        classes[1:],
        _videos(videos),
        _people(videos),
        _origin(folder, project, videos),
        ["## What the files cannot store", "", *_items(lost)] if lost else [],
    ]
    return "\n".join(line for rows in sections for line in (*rows, "") if rows)


def _contents(
    project: Project, videos: Sequence[LabelledVideo], forms: Sequence[Descriptor]
) -> list[str]:
    films = _films(videos).values()
    n_seen = sum(v.segmentation.n_frames for v in films)
    seconds = sum(v.times.duration_s for v in films)
    tracks = apart = ""
    if len(videos) > len(films):
        tracks, apart = f" with {len(videos):,} tracks", "; tracks count on their own"
    n = sum(v.segmentation.n_frames for v in videos)
    segments = sum(s.class_id is not None for s in _segments(videos))
    labelled = sum(v.segmentation.n_labelled for v in videos)
    undecided = sum(v.segmentation.n_undecided for v in videos)
    rest = n - labelled - undecided
    lines = [
        f"Lane: {_text(videos[0].lane)}. Format: "
        f"{', '.join(form.title for form in forms)}.",
        f"{counted(len(films), 'video')}{tracks}, {counted(n_seen, 'frame')}, "
        f"{_clock(seconds)}.",
        f"{counted(segments, 'segment')} of "
        f"{counted(len(project.all_classes), 'class')}.",
        f"{counted(labelled, 'frame')} labelled ({_share(labelled, n)}), "
        f"{undecided:,} left undecided by a person ({_share(undecided, n)}), "
        f"{rest:,} not labelled ({_share(rest, n)}){apart}.",
        "Segments are half-open: a segment ends where the next frame begins.",
    ]
    return [f"# Labels of {_text(project.name)}", "", *_items(lines)]


def _films(videos: Iterable[LabelledVideo]) -> dict[str, LabelledVideo]:
    """Return one track of each video."""
    return {video.video_id: video for video in videos}


def _classes(
    project: Project, counts: Sequence[ClassStatistics], named: str
) -> list[str]:
    head = ("class", "id", "segments", "frames", "seconds", "share")
    rows = []
    for row in counts:
        found = project.class_of(row.class_id)
        nothing = "*undecided*" if row.undecided else "*not labelled*"
        rows.append(
            (
                _text(found.name) if found else nothing,
                "" if row.class_id is None else str(row.class_id),
                f"{row.count:,}",
                f"{row.n_frames:,}",
                f"{row.total_s:.3f}",
                f"{100 * row.share:.1f} %",
            )
        )
    described = [
        f"{_text(c.name)}: {_text(c.description)}"
        for c in project.classes.classes
        if c.description
    ]
    more = ["", *_items(described)] if described else []
    return [f"## Classes{named}", "", *_table(head, rows), *more]


def _videos(videos: Sequence[LabelledVideo]) -> list[str]:
    head = (
        "video", "file", "frames", "seconds", "size", "segments", "labelled",
        "reviewed", "subject",
    )  # fmt: skip
    rows = []
    for video in videos:
        lane, n = video.segmentation, video.segmentation.n_frames
        width, height = video.size
        rows.append(
            (
                _text(_name(video)),
                _text(video.media.name) if video.media else "",
                f"{n:,}",
                f"{video.times.duration_s:.3f}",
                f"{width} x {height}" if width else "",
                f"{sum(s.class_id is not None for s in lane.segments):,}",
                _share(lane.n_labelled, n),
                _share(lane.n_reviewed, n),
                _text(video.subject),
            )
        )
    return ["## Videos", "", *_table(head, rows)]


def _name(video: LabelledVideo) -> str:
    of_track = ", ".join(filter(None, (video.person, video.tier)))
    return f"{video.video_id}: {of_track}" if of_track else video.video_id


def _people(videos: Sequence[LabelledVideo]) -> list[str]:
    subjects = Counter(
        p for _, p in {(v.video_id, p) for v in videos for p in v.people}
    )
    signed = {(v.video_id, v.annotator) for v in videos if v.annotator}
    annotators = Counter(name for _, name in signed)
    named = {v.video_id for v in videos if v.people}
    unnamed = len(_films(videos).keys() - named)
    n = counted(len(subjects), "subject")
    lines = [f"{n}: {_named(subjects)}."] if subjects else []
    if unnamed:
        lines.append(f"Nobody is named in {counted(unnamed, 'video')}.")
    if annotators:
        lines.append(f"Labelled by {_named(annotators)}.")
    return ["## People", "", *_items(lines)]


# -- where the labels come from -----------------------------------------------------

_SOURCES: tuple[tuple[str, Callable[[Segment], bool]], ...] = (
    ("labelled by a person", lambda s: s.source == "human"),
    ("labelled by a model", lambda s: s.source == "model"),
    ("imported", lambda s: s.source == "import"),
    ("labelled by a model, not reviewed", lambda s: s.accepted),
    ("class reviewed on the wall of strips only", lambda s: s.reviewed_by == "wall"),
    ("class reviewed with all of its kind", lambda s: s.reviewed_by == "rule"),
)


def _frames_where(segment: Segment, is_so: Callable[[Segment], bool]) -> int:
    return sum(len(run) for run in segment.runs if is_so(run))


def _origin(
    folder: ProjectFolder, project: Project, videos: Sequence[LabelledVideo]
) -> list[str]:
    segments = [s for s in _segments(videos) if s.class_id is not None]
    n_all = sum(map(len, segments))
    rows = []
    told = [
        (what, [n for s in segments if (n := _frames_where(s, is_so))])
        for what, is_so in _SOURCES
    ]
    reviewed = [len(s) for s in segments if s.reviewed]
    told.insert(3, ("reviewed: a person reviewed class, start and stop", reviewed))
    for what, found in told:
        n = sum(found)
        rows.append((what, f"{len(found):,}", f"{n:,}", _share(n, n_all)))
    unseen = sum(_frames_where(s, lambda run: run.accepted) for s in segments)
    agreed = sum(int(began_as_prelabels(v.segmentation).sum()) for v in videos)
    for what, n in (
        ("began as pre-labels of a model, which a person agreed with", agreed),
        ("began as nobody's pre-labels, or was corrected", n_all - agreed - unseen),
    ):
        rows.append((what, "", f"{n:,}", _share(n, n_all)))
    head = ("labels", "segments", "frames", "share of labelled frames")
    by_model = any(s.source == "model" for s in segments)
    models = _models(folder, project, videos) if by_model else []
    return [
        "## Where the labels come from",
        "",
        f"Written by skelseg {__version__}.",
        "",
        *_table(head, rows),
        *(["", *_items(models)] if models else []),
    ]


def _models(
    folder: ProjectFolder, project: Project, videos: Sequence[LabelledVideo]
) -> list[str]:
    """Describe the model of a prediction, or those that pre-labels can be of."""
    of_lane = model_of_lane(videos[0].lane)
    names = [of_lane] if of_lane else _models_beside(folder, videos)
    lines = []
    if not of_lane and names:
        lines.append("A label does not say which of these models made it.")
    for name in names:
        try:
            info = load_info(folder.model_dir(name))
        except (ModelError, FormatError):
            lines.append(f"Model {_text(name)}, which is no longer in the project.")
            continue
        seen = _films(v for v in videos if v.id in info.videos)
        lines.append(
            f"Model {_text(name)} ({info.key}): {_text(info.worth)} "
            f"Trained on here: {len(seen)} of {counted(len(_films(videos)), 'video')}."
            + (f" For a paper: {info.for_paper}" if info.for_paper else "")
        )
    return lines


def _models_beside(folder: ProjectFolder, videos: Sequence[LabelledVideo]) -> list[str]:
    found = (name for video in videos for name in models_of(folder.root, video.id))
    return list(dict.fromkeys(found))


# -- Markdown -----------------------------------------------------------------------


def _segments(videos: Iterable[LabelledVideo]) -> Iterator[Segment]:
    return (segment for video in videos for segment in video.segmentation.segments)


def _items(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _text(text: str) -> str:
    """Show a text of a person as it is: no markup, on one line."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in r"\`*|[]<>&" else c for c in line)


def _named(counts: Counter[str]) -> str:
    return ", ".join(
        f"{_text(name)} ({counted(n, 'video')})" for name, n in sorted(counts.items())
    )


def _share(n: int, of: int) -> str:
    return f"{100 * n / of:.1f} %" if of else "–"


def _clock(seconds: float) -> str:
    """Write hours, minutes and seconds, rounded to a second."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"
