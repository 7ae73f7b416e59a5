"""JSON of ActivityNet: annotations of a data set, and results of a detector.

- Annotations: ``database`` has an entry per video with ``duration`` in s, ``subset``
  (training, validation, testing) and ``annotations``, each a ``label`` and a
  ``segment`` ``[start_s, stop_s]``.
- Results: ``results`` has a list per video of the same with a ``score``.
- A segment goes up to, not with, its stop. Segments may overlap; what none covers is
  background.

Source: the loaders of ActivityNet's evaluation, and labelformat 0.1.17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import (
    CandidateFile,
    LabelFormat,
    ReadOptions,
    WriteOptions,
)
from skelseg_core.formats.json_values import (
    a_list,
    a_text,
    an_object,
    as_number,
    json_file,
    may_be_labels,
    read_label_json,
    seconds,
)
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    one_line,
    said_of,
)
from skelseg_core.labels.segmentation import Segment

VERSION = "VERSION 1.3"
_READ = frozenset(("label", "segment", "score"))
"""Fields of a segment that are read."""
PREDICTION = "prediction:"
"""Beginning of the names of lanes that models wrote."""


class ActivityNet(LabelFormat):
    """JSON of ActivityNet."""

    name = "activitynet"
    title = "ActivityNet"
    about = (
        "All videos in one JSON file, in seconds, stop exclusive; predictions with "
        "scores, people's labels with subsets by the first fold."
    )
    cannot_hold = (
        "what is unlabelled, who gave a label, and review; confidence, except of "
        "predictions."
    )
    suffixes = (".json",)
    written_suffix = ".json"
    holds_as_predictions = ("confidence",)
    options = ("as_predictions",)

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its database or results."""
        value = file.json if may_be_labels(file) else None
        if not isinstance(value, dict):
            return False
        return isinstance(value.get("database"), dict) or (
            isinstance(value.get("results"), dict) and "version" in value
        )

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read a track for each video."""
        value = an_object(read_label_json(path), str(path))
        key = "database" if "database" in value else "results"
        videos = an_object(value.get(key), f"{path}, {key}")
        outside = [0]
        tracks = []
        for name, entry in videos.items():
            where = f"{path}, {_place(name)}"
            if key == "database":
                entry = an_object(entry, where).get("annotations", [])
            listed = a_list(entry, where)
            found = tuple(_intervals(listed, name, where, key == "results", outside))
            tracks.append(LabelTrack(found, media=name, says_who=key == "results"))
        if not tracks:
            raise FormatError("{} names no video; export it again.", path)
        notes = (
            (f"Scores outside 0 to 1 were left out: {outside[0]:,}.",)
            if outside[0]
            else ()
        )
        return LabelFile(path, tuple(tracks), notes, tuple(_leaves(value, str(path))))

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format all videos in one file: as results where a model labelled them."""
        of_models = options.as_predictions or any(
            v.lane.startswith(PREDICTION) for v in videos
        )
        name = "predictions" if of_models else "annotations"
        value = _results(videos) if of_models else _database(videos)
        return {f"{name}{self.written_suffix}": json_file(value)}


def _intervals(
    entries: Sequence[Any], video: str, where: str, results: bool, outside: list[int]
) -> Iterator[Interval]:
    """List the segments of a video; count scores that are no confidence."""
    for n, entry in enumerate(entries, 1):
        at = f"{where}, segment {n}"
        entry = an_object(entry, at)
        ends = a_list(entry.get("segment"), at)
        if len(ends) != 2:
            raise FormatError(
                "{}: its segment has {} values; it must be [start, stop] in seconds.",
                at,
                len(ends),
            )
        score = as_number(entry.get("score"))
        if score is not None and not 0 <= score <= 1:
            outside[0] += 1
            score = None
        yield Interval(
            seconds(ends[0], at),
            seconds(ends[1], at),
            one_line(a_text(entry.get("label"), at)),
            f"{_place(video)}, segment {n}",
            source="model" if results else "import",
            confidence=score,
            beside=tuple(said_of("field", key) for key in entry if key not in _READ),
        )


def _place(video: str) -> str:
    # Every segment stores this text, so a long name is cut.
    return f"video '{video:.100}'"


def _leaves(value: Mapping[str, Any], path: str) -> Iterator[str]:
    """Name the classes of the taxonomy: its nodes that are nobody's parent."""
    where = f"{path}, taxonomy"
    nodes = [an_object(n, where) for n in a_list(value.get("taxonomy", []), where)]
    parents = {one_line(str(n.get("parentName"))) for n in nodes}
    names = (one_line(str(n.get("nodeName", ""))) for n in nodes)
    yield from dict.fromkeys(n for n in names if n and n not in parents)


def _segments(video: LabelledVideo) -> Iterator[tuple[Segment, dict[str, Any]]]:
    named = iter(video.named())
    for segment in video.segmentation.segments:
        if segment.class_id is None:
            continue
        start, stop, name = next(named)
        ends = [round(video.times.start_s(n), 6) for n in (start, stop)]
        if ends[0] >= ends[1]:
            raise FormatError(
                "The segment '{}' of {} from frame {} to {} has no duration, which "
                "the format cannot store; choose segment-csv.",
                name,
                video.id,
                start,
                stop,
            )
        yield segment, {"label": name, "segment": ends}


def _database(videos: Sequence[LabelledVideo]) -> dict[str, Any]:
    classes = dict.fromkeys(n for v in videos for n in v.label_map.names)
    return {
        "version": VERSION,
        "taxonomy": [
            {"nodeId": n, "nodeName": name, "parentId": 0, "parentName": "Root"}
            for n, name in enumerate(classes, 1)
        ],
        "database": {
            video.id: {
                "duration": round(video.times.duration_s, 6),
                "subset": video.fold or "training",
                "resolution": "{}x{}".format(*video.size),
                "url": "",
                "annotations": [entry for _, entry in _segments(video)],
            }
            for video in videos
        },
    }


def _results(videos: Sequence[LabelledVideo]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "results": {
            video.id: [
                {**entry, "score": 1.0 if s.confidence is None else s.confidence}
                for s, entry in _segments(video)
            ]
            for video in videos
        },
        "external_data": {"used": False, "details": ""},
    }
