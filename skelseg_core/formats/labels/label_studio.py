"""JSON of Label Studio: regions of TimelineLabels on videos, a task per video.

- Frames count from 1; a range holds its ``end`` as well. Label Studio counts frames by
  the rate of its ``<Video frameRate>`` (24 where it says nothing), not by those of the
  file: frame f is shown from (f - 1) / rate to f / rate seconds. Read this way, its
  labels are right in a video of any rate.
- A task may say the rate in its data.
- An annotation is one person's; predictions are a model's. In a file that has
  annotations, predictions are left out.
- ``completed_by`` is an account of Label Studio.
- A video may be an address in the folder that Label Studio serves as local storage.

Sources: Label Studio's documentation of ``TimelineLabels`` and ``Video``, and
label-studio-sdk 2.1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.json_values import (
    a_list,
    a_text,
    an_object,
    as_number,
    may_be_labels,
    read_label_json,
    seconds,
)
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelTrack,
    check_number,
    one_line,
    said_of,
)

KIND = "timelinelabels"
"""Type of the regions that are read, and key of their labels."""
RATES = ("fps", "frame_rate", "frameRate", "framerate")
"""Names under which a task may say the rate."""
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")


class LabelStudio(LabelFormat):
    """JSON of Label Studio."""

    name = "label-studio"
    title = "Label Studio"
    about = (
        "Videos as tasks in one JSON file, frames from 1, the last included, at "
        "the task's rate."
    )
    suffixes = (".json",)
    options = ("rate",)

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a list of tasks by their data, or by ranges with labels."""
        value = file.json if may_be_labels(file) else None
        if not isinstance(value, list) or not value or not isinstance(value[0], dict):
            return False
        task = value[0]
        whole = isinstance(task.get("data"), dict)
        return (whole and ("annotations" in task or "predictions" in task)) or any(
            isinstance(v, list) and v and isinstance(v[0], dict) and KIND in v[0]
            for v in task.values()
        )

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read a track for each annotation of each task."""
        return _Tasks(path, options.rate).read()


@dataclass
class _Result:
    """Regions of one annotation or prediction of a task."""

    regions: list[Any]
    who: str
    by_model: bool = False


@dataclass
class _Found:
    tracks: list[LabelTrack] = field(default_factory=list)
    unrated: int = 0
    cancelled: int = 0
    others: int = 0
    predictions: int = 0


class _Tasks:
    """Tasks that are read."""

    def __init__(self, path: Path, rate: float | None) -> None:
        self.path = path
        self.rate = rate
        self.found = _Found()

    def read(self) -> LabelFile:
        """Read all tasks."""
        tasks = a_list(read_label_json(self.path), str(self.path))
        whole = [
            (n, an_object(task, f"{self.path}, task {n}"))
            for n, task in enumerate(tasks, 1)
        ]
        people = any(task.get("annotations") for _, task in whole)
        for n, task in whole:
            self._read_task(task, n, people)
        if not self.found.tracks:
            raise FormatError(
                "{} has no TimelineLabels; {}",
                self.path,
                " ".join(self._notes()) or "export it again, as JSON.",
            )
        return LabelFile(self.path, tuple(self.found.tracks), tuple(self._notes()))

    def _read_task(self, task: Mapping[str, Any], n: int, people: bool) -> None:
        where = f"{self.path}, task {n}"
        data = an_object(task.get("data", task), f"{where}, data")
        media = _media(data)
        rate = _said_rate(data) or self.rate
        predictions = list(_predictions(task, where))
        if people:
            self.found.predictions += len(predictions)
            predictions = []
        entries = task.get("annotations")
        entries = entries if isinstance(entries, list) else []
        self.found.cancelled += sum(
            isinstance(e, dict) and bool(e.get("was_cancelled")) for e in entries
        )
        for result in (*_annotations(task, where), *predictions):
            self._add(result, media, rate, n)

    def _add(self, result: _Result, media: str, rate: float | None, n: int) -> None:
        intervals = []
        for number, region in enumerate(result.regions, 1):
            place = f"task {n}, region {number}"
            region = an_object(region, f"{self.path}, {place}")
            value = region.get("value", region)
            if not isinstance(value, dict) or KIND not in value:
                self.found.others += 1
                continue
            score = as_number(region.get("score"))
            beside = _beside(region, result)
            for interval in _intervals(value, rate, place, f"{self.path}, {place}"):
                made = _said_by(interval, result.by_model, score)
                intervals.append(replace(made, beside=beside) if beside else made)
                # Each name of a region has all its ranges.
                check_number(len(intervals), self.path)
        self.found.unrated += rate is None
        track = LabelTrack(
            tuple(intervals),
            "frame" if rate is None else "s",
            media,
            (result.who,) if result.who else (),
            rate,
            says_who=result.by_model,
            labelling=result.who,
        )
        self.found.tracks.append(track)

    def _notes(self) -> Iterator[str]:
        if self.found.unrated:
            yield (
                "The file does not say the frame rate of Label Studio, so its frames "
                "are read as frames of the video; if <Video frameRate> was "
                "different, give that rate."
            )
        if self.found.others:
            yield (
                "Regions other than TimelineLabels, such as boxes and choices, were "
                f"left out: {self.found.others:,}."
            )
        if self.found.cancelled:
            yield (f"Skipped annotations were left out: {self.found.cancelled:,}.")
        if self.found.predictions:
            yield (
                "Predictions of models were left out, because the file has "
                f"annotations of people: {self.found.predictions:,}."
            )


def _annotations(task: Mapping[str, Any], where: str) -> Iterator[_Result]:
    """List what people annotated in a task; in the short form all is in one list."""
    if "data" not in task:
        short = [v for v in task.values() if isinstance(v, list)]
        yield _Result([r for v in short for r in v if isinstance(r, dict)], "")
        return
    for entry in a_list(task.get("annotations") or [], f"{where}, annotations"):
        entry = an_object(entry, f"{where}, annotation")
        if not entry.get("was_cancelled"):
            regions = a_list(entry.get("result") or [], f"{where}, result")
            yield _Result(regions, _person(entry.get("completed_by")))


def _person(value: Any) -> str:
    """Name who annotated: the address, or the number that Label Studio gave."""
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return str(value) if isinstance(value, (str, int)) else ""


def _predictions(task: Mapping[str, Any], where: str) -> Iterator[_Result]:
    if "data" not in task:
        return
    for entry in a_list(task.get("predictions") or [], f"{where}, predictions"):
        # An export may give their ids alone.
        if isinstance(entry, dict):
            regions = a_list(entry.get("result") or [], f"{where}, result")
            yield _Result(regions, str(entry.get("model_version") or ""), True)


def _intervals(
    value: Mapping[str, Any], rate: float | None, place: str, where: str
) -> Iterator[Interval]:
    names = [one_line(a_text(name, where)) for name in a_list(value[KIND], where)]
    for entry in a_list(value.get("ranges"), f"{where}, ranges"):
        entry = an_object(entry, f"{where}, ranges")
        first, last = (seconds(entry.get(key), where) for key in ("start", "end"))
        for name in names:
            yield Interval((first - 1) / (rate or 1), last / (rate or 1), name, place)


def _beside(region: Mapping[str, Any], result: _Result) -> tuple[str, ...]:
    """List what a region says beside its label: who gave it, a text on it."""
    meta = region.get("meta")
    found = ["comment"] if isinstance(meta, dict) and meta.get("text") else []
    people = result.who and not result.by_model
    return (*found, said_of("annotator", result.who)) if people else tuple(found)


def _said_by(interval: Interval, by_model: bool, score: float | None) -> Interval:
    if not by_model:
        return interval
    sure = score if score is not None and 0 <= score <= 1 else None
    return Interval(
        interval.start,
        interval.stop,
        interval.name,
        interval.place,
        source="model",
        confidence=sure,
    )


def _said_rate(data: Mapping[str, Any]) -> float | None:
    """Find the rate that a task says; None where it says none."""
    for name in RATES:
        value = data.get(name)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                continue
        rate = as_number(value)
        if rate is not None and 0 < rate <= 1e6:
            return rate
    return None


def _media(data: Mapping[str, Any]) -> str:
    """Find what a task calls its video: the first text that names a file."""
    texts = [v for v in data.values() if isinstance(v, str) and "." in v]
    said = data.get("video")
    value = said if isinstance(said, str) else next(iter(texts), "")
    address = unquote(value.rpartition("?d=")[2].partition("?")[0])
    folder, _, name = address.rpartition("/")
    # What was uploaded has eight digits in front of its name.
    return _UPLOADED.sub("", name) if "upload" in folder else address
