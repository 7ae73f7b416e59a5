"""Words and plain values for what an import of labels makes of one video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skelseg_core.formats.dataset import counted, listed

if TYPE_CHECKING:
    from skelseg_core.project.label_plan import ImportChoices, PlannedVideo


def video_lines(v: PlannedVideo, choices: ImportChoices) -> list[str]:
    """Write what one video gets, and what is lost, as plain sentences."""
    labels = v.labels
    where = f" into the lane of {choices.annotator}" if choices.annotator else ""
    track = f" ({v.source.track.title})" if v.source.track.title else ""
    gaps = f", {labels.n_gaps:,} in gaps stay unlabelled" if labels.n_gaps else ""
    first = (
        f"{v.video_id}: {counted(labels.n_segments, 'segment')} of {v.source.file}"
        f"{track}{where}, {v.source.why}; {labels.n_labelled:,} of "
        f"{counted(labels.n_frames, 'frame')} labelled{gaps}."
    )
    return [first, *(f"  {text}" for text in video_remarks(v, choices))]


def video_remarks(v: PlannedVideo, choices: ImportChoices) -> list[str]:
    """Write what is to be said of the labels of one video, as plain sentences."""
    labels, lines = v.labels, []
    if labels.n_overlaps:
        who = {"last": ": the last has them", "first": ": the first has them"}
        shared = counted(labels.n_overlaps, "frame")
        lines.append(f"{shared} in overlaps{who.get(choices.overlap, '')}.")
    if labels.covered:
        lines.append(
            f"{counted(len(labels.covered), 'segment')} lost all frames to others: "
            f"{listed(labels.covered)}."
        )
    if labels.n_short:
        lines.append(
            f"{counted(labels.n_short, 'segment')} shorter than a frame: each has "
            "the frame that it lies in."
        )
    if labels.n_off:
        lines.append(
            f"{counted(labels.n_off, 'time')} more than half a frame from any "
            f"boundary, at most {labels.most_off_s:.3f} s: the nearest is taken."
        )
    if v.n_there and choices.existing == "fill":
        lines.append(
            f"{counted(v.n_there, 'frame')} keep their labels, {v.n_taken:,} "
            "unlabelled ones get one."
        )
    if v.n_there and choices.existing == "replace":
        lines.append(f"The labels of {counted(v.n_there, 'frame')} are replaced.")
    return [*lines, *v.notes]


def video_json(v: PlannedVideo, choices: ImportChoices) -> dict[str, Any]:
    """Return what one video gets as plain values."""
    labels = v.labels
    return {
        "id": v.video_id,
        "file": v.source.file,
        "track": v.source.track.title,
        "found_by": v.source.why,
        "lane": choices.lane,
        "n_segments": labels.n_segments,
        "n_frames": labels.n_frames,
        "n_labelled": labels.n_labelled,
        "n_gaps": labels.n_gaps,
        "n_overlaps": labels.n_overlaps,
        "covered": list(labels.covered),
        "n_short": labels.n_short,
        "n_off": labels.n_off,
        "most_off_s": round(labels.most_off_s, 6),
        "n_there": v.n_there,
        "n_taken": v.n_taken,
        "notes": list(v.notes),
    }
