"""Annotation files of ELAN (EAF 2.7 to 3.0): tiers of annotations in milliseconds.

An annotation ends where the next may begin, so that its end is exclusive. A file is
written with a tier for each track of a video, the classes as controlled vocabulary, the
path of the video from the file, the rate as the property ``fps``, and where labels are
a model's a property that says of which frames; ELAN keeps both.
"""

from __future__ import annotations

import json
import mimetypes
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from skelseg_core.choices import ANNOTATION
from skelseg_core.errors import FormatError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import (
    Guess,
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    LeftOut,
    guess_lines,
    left_out_of,
    one_line,
    read_guesses,
    said_of,
)
from skelseg_core.formats.label_parts.elan_tiers import Tier, timed_tiers
from skelseg_core.formats.label_parts.milliseconds import in_milliseconds, span_ms
from skelseg_core.formats.xml_text import read_xml, xml_file
from skelseg_core.labels.classes import ActionClass

_TYPE = "action"
"""Name of the linguistic type of the tiers that are written."""
_VOCABULARY = "classes"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_INSIDE = {
    "STEREOTYPE": "Included_In",
    "DESCRIPTION": "Time alignable annotations within the parent annotation's time "
    "interval, gaps are allowed",
}
"""Constraint of the type of a tier whose annotations another tier holds."""
_LANGUAGE = {
    "LANG_ID": "und",
    "LANG_DEF": "http://cdb.iso.org/lg/CDB-00130975-001",
    "LANG_LABEL": "undetermined (und)",
}
"""Language of the vocabulary, which the schema wants."""
_RATE = "fps"
"""Property of the header with the frames per second."""
_OF_MODEL = "skelseg_of_model:"
"""Property, with the id of a tier behind it: the frames that a model labelled."""
_BESIDE = "skelseg_beside"
"""Property: what the tiers of points and comments are on, by their ids."""
_COMMENTS = "comments"
"""Name of the tiers of comments, and of their type."""
_BETWEEN = r"[@_\-. :]+"
"""Signs between what and who in the name of a tier."""
_DRIVE = re.compile("/?[A-Za-z]:/")


class Eaf(LabelFormat):
    """Annotation file of ELAN."""

    name = "eaf"
    title = "ELAN"
    about = (
        "Tiers of annotations in milliseconds, end exclusive; parts without times "
        "share their parent's time evenly."
    )
    cannot_hold = (
        "which labels are a model's, whether they were reviewed, their confidence, "
        "and what a person left undecided."
    )
    suffixes = (".eaf",)
    written_suffix = ".eaf"
    holds_tracks = True
    holds = ("gaps", "repeats", "points", "comments", "ends")

    def sniff(self, file: CandidateFile) -> bool:
        """Trust the suffix, so that a damaged file is called a damaged one of ELAN."""
        return True

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read each tier that has annotations as a track."""
        root = read_xml(path, "ANNOTATION_DOCUMENT", "ELAN")
        tiers, estimated = timed_tiers(root, path)
        beside = _points_and_comments(root, path)
        extra = [tier for tier in tiers if tier.id in beside]
        tiers = [tier for tier in tiers if tier.id not in beside]
        used = [tier for tier in tiers if tier.annotations] or tiers
        if not used:
            raise FormatError("{} has no tiers; save it again in ELAN.", path)
        media, offset_ms, notes = _media(root)
        rate, vocabularies = _rate(root), _Vocabularies(root)
        properties: dict[str, str | None] = {}
        for element in root.iter("PROPERTY"):
            properties.setdefault(element.get("NAME", ""), element.text)
        if estimated:
            notes.append(
                f"{estimated:,} annotations have no times: they share their parent's "
                "time evenly."
            )
        made = []
        for tier in used:
            what, who = _what_and_who(tier)
            track = LabelTrack(
                _intervals(tier, offset_ms, path),
                media=media,
                picks=(tier.id,) if len(used) > 1 else (),
                rate=rate,
                people=(tier.participant,) if tier.participant.strip() else (),
                guesses=_guesses(properties, tier.id, path),
            )
            if len(used) > 1:
                words = vocabularies.of({tier.type})
                own = (who,) if who else track.people
                track = replace(track, tier=what, people=own, vocabulary=words)
            made.append(track)
        more = tuple(
            replace(
                beside[tier.id],
                intervals=_intervals(tier, offset_ms, path),
                media=media,
                rate=rate,
                vocabulary=vocabularies.of({tier.type}),
            )
            for tier in extra
        )
        return LabelFile(
            path,
            tuple(made),
            notes=tuple(notes),
            classes=vocabularies.of({tier.type for tier in used}),
            extra=more,
            left_out=left_out_of(more) | _descriptions(root),
            author=_author(root),
        )

    def write_tracks(self, tracks: Sequence[LabelledVideo]) -> str:
        """Format one file per video, with a tier for each of its tracks."""
        return _document(tracks)


def _points_and_comments(root: ET.Element, path: Path) -> dict[str, LabelTrack]:
    """Read which tiers skelseg wrote for points and comments, and what these are on."""
    for element in root.iter("PROPERTY"):
        if element.get("NAME") == _BESIDE:
            try:
                found = json.loads(element.text or "{}")
                return {
                    str(name): LabelTrack(
                        (),
                        tier=str(tier),
                        people=tuple(map(str, people)),
                        picks=(str(name),),
                        what="points" if what == "points" else "comments",
                    )
                    for name, (what, tier, people) in found.items()
                }
            except (AttributeError, TypeError, ValueError) as error:
                raise FormatError(
                    "{}: the property '{}' is damaged; export again or remove it.",
                    path,
                    _BESIDE,
                ) from error
    return {}


def _what_and_who(tier: Tier) -> tuple[str, str]:
    """Read what a tier is of from its name, without the person, and that person.

    Its participant stands in the name before or behind, or whoever is behind an @.
    """
    name, person = one_line(tier.id), one_line(tier.participant)
    if not person and "@" in name.strip("@"):
        name, _, person = name.rpartition("@")
    if person:
        who = re.escape(person)
        name = re.sub(rf"^{who}({_BETWEEN}|$)|{_BETWEEN}{who}$", "", name, flags=re.I)
        name = name or tier.type
    return ("" if name == ANNOTATION else name), person


def _intervals(tier: Tier, offset_ms: float, path: Path) -> tuple[Interval, ...]:
    made = []
    of_text = tier.type == _COMMENTS  # may have several lines
    who = tier.annotator
    beside = (said_of("annotator", who),) if who.strip() else ()
    for a in tier.annotations:
        if a.stop_ms < a.start_ms:
            raise FormatError(
                "{}, annotation {}: it ends before it begins; correct it in ELAN.",
                path,
                a.id,
            )
        start_s, stop_s = ((t + offset_ms) / 1000 for t in (a.start_ms, a.stop_ms))
        name = a.value.strip() if of_text else one_line(a.value)
        place = f"annotation {a.id}"
        made.append(Interval(start_s, stop_s, name, place, beside=beside))
    return tuple(sorted(made, key=lambda i: i.start))


def _media(root: ET.Element) -> tuple[str, float, list[str]]:
    """Find the path of the video, its time in ms at time 0 of the file, and notes."""
    found = [(_path_of(element), element) for element in root.iter("MEDIA_DESCRIPTOR")]
    videos = [
        (path, element)
        for path, element in found
        if element.get("MIME_TYPE", "").startswith("video")
        or path.lower().endswith(VIDEO_SUFFIXES)
    ]
    if not found:
        return "", 0.0, []
    path, element = (videos or found)[0]
    origin = element.get("TIME_ORIGIN", "")
    offset_ms = float(origin) if re.fullmatch(r"-?\d{1,10}", origin) else 0.0
    others = ", ".join(other for other, _ in videos[1:6])
    notes = [f"The file has several videos; beside {path}: {others}."]
    return path, offset_ms, notes if others else []


def _path_of(element: ET.Element) -> str:
    """Return the path of a medium: beside the file where it says that."""
    url = element.get("RELATIVE_MEDIA_URL", "") or element.get("MEDIA_URL", "")
    # ELAN writes blanks as they are; who escapes, escapes them too.
    path = url if " " in url else unquote(url)
    if path.startswith("file:"):
        path = "/" + path.removeprefix("file:").lstrip("/")
    return path[1:] if path[:1] == "/" and _DRIVE.match(path) else path


def _rate(root: ET.Element) -> float | None:
    for element in root.iter("PROPERTY"):
        if element.get("NAME") == _RATE:
            text = (element.text or "").strip()
            if re.fullmatch(r"\d{1,6}(\.\d{1,12})?", text) and float(text) > 0:
                return float(text)
    return None


def _author(root: ET.Element) -> str:
    name = one_line(root.get("AUTHOR", ""))
    return "" if name == "unspecified" else name  # ELAN's word for no author


def _guesses(
    properties: Mapping[str, str | None], tier: str, path: Path
) -> tuple[Guess, ...]:
    """Read what skelseg wrote of the labels of a tier that a model gave."""
    try:
        return read_guesses(json.loads(properties.get(_OF_MODEL + tier) or "[]"))
    except (TypeError, ValueError) as error:
        raise FormatError(
            "{}: the property '{}' is damaged; export again or remove it.",
            path,
            _OF_MODEL + tier,
        ) from error


class _Vocabularies:
    """The entries of the vocabularies that types of tiers name."""

    def __init__(self, root: ET.Element) -> None:
        # Once for all tiers: a file may have thousands.
        self._named: dict[str, set[str]] = {}
        for element in root.iter("LINGUISTIC_TYPE"):
            named = self._named.setdefault(element.get("LINGUISTIC_TYPE_ID", ""), set())
            named.add(element.get("CONTROLLED_VOCABULARY_REF", ""))
        self._entries: dict[str, list[str]] = {}
        for vocabulary in root.iter("CONTROLLED_VOCABULARY"):
            entries = self._entries.setdefault(vocabulary.get("CV_ID", ""), [])
            # CV_ENTRY up to 2.7; from then on one value for each language.
            entries += [e.text or "" for e in vocabulary.iter("CV_ENTRY")]
            entries += [
                e.findtext("CVE_VALUE") or "" for e in vocabulary.iter("CV_ENTRY_ML")
            ]
        self._places = {name: n for n, name in enumerate(self._entries)}

    def of(self, types: Iterable[str]) -> tuple[str, ...]:
        """List the entries for these types, in the order of the file."""
        named = {name for t in types for name in self._named.get(t, ())}
        there = sorted(named & self._places.keys(), key=self._places.__getitem__)
        entries = (e for name in there for e in self._entries[name])
        return tuple(dict.fromkeys(name for e in entries if (name := one_line(e))))


def _descriptions(root: ET.Element) -> dict[LeftOut, int]:
    """Count the descriptions of entries of vocabularies, which are left out."""
    why = "Descriptions of classes were left out"
    entries = (e for tag in ("CV_ENTRY", "CVE_VALUE") for e in root.iter(tag))
    named = (one_line(e.text or "") for e in entries if e.get("DESCRIPTION"))
    return dict.fromkeys((LeftOut((), why, name) for name in named), 1)


@dataclass(frozen=True)
class _Written:
    """A track as a tier: its name, that of its type, and the tier that holds it."""

    track: LabelledVideo
    name: str
    type: str
    vocabulary: str
    parent: str = ""
    spans: tuple[tuple[int, int, str], ...] = ()
    what: Literal["", "points", "comments"] = ""
    on_video: bool = False


def _tiers(tracks: Sequence[LabelledVideo]) -> list[_Written]:
    """Name the tiers of the tracks of a video.

    A tier is held by another, Included_In, where all annotations of its type are: ELAN
    would cut the others.
    """
    people = {(t.tier, t.person) for t in tracks}
    several = {tier for tier, _ in people if sum(tier == p[0] for p in people) > 1}
    names = {
        t.id: f"{t.tier}@{t.person}" if t.person and t.tier in several else t.tier
        for t in tracks
    }
    above = {t.id: _holder(t, tracks) for t in tracks if t.tier}
    free = {t.tier for t in tracks if above.get(t.id) is None}
    made = []
    for t in tracks:
        spans = tuple(in_milliseconds(t))
        if t.points:
            points = ((*span_ms(t, n, n + 1), name) for n, name in t.named_marks)
            one = _Written(t, names[t.id], t.tier, t.tier, what="points")
            made += _layers(one, points)
        elif not t.tier:
            made.append(_Written(t, t.lane, _TYPE, _VOCABULARY, spans=spans))
        else:
            holder = above[t.id]
            parent = "" if holder is None or t.tier in free else names[holder.id]
            made.append(_Written(t, names[t.id], t.tier, t.tier, parent, spans))
    for t in tracks:
        for whole in (True, False):
            said = [c for c in t.comments if c.of_video == whole]
            name = _COMMENTS if whole or not t.tier else f"{_COMMENTS}@{names[t.id]}"
            remarks = ((*span_ms(t, c.start, c.stop), c.text) for c in said)
            about = {"what": "comments", "on_video": whole or not t.tier}
            one = _Written(t, name, _COMMENTS, "", **about)  # type: ignore[arg-type]
            made += _layers(one, remarks) if said else []
    return made


def _layers(tier: _Written, spans: Iterable[tuple[int, int, str]]) -> list[_Written]:
    """Put spans into as many tiers as they need without overlaps."""
    layers: list[list[tuple[int, int, str]]] = []
    for span in sorted(spans):
        free = next((layer for layer in layers if layer[-1][1] <= span[0]), None)
        if free is None:
            layers.append([span])
        else:
            free.append(span)
    return [
        replace(tier, name=f"{tier.name} {n}" if n > 1 else tier.name, spans=tuple(own))
        for n, own in enumerate(layers, 1)
    ]


def _holder(
    track: LabelledVideo, tracks: Sequence[LabelledVideo]
) -> LabelledVideo | None:
    """Find the track whose segments hold all those of another; None where none does."""
    found = [t for t in tracks if track.inside and t.tier == track.inside]
    mine = [t for t in found if t.person in (track.person, "")]
    if not mine:
        return None
    around = [(start, stop) for start, stop, _ in mine[0].named()]
    inside = all(
        any(a <= start and stop <= b for a, b in around)
        for start, stop, _ in track.named()
    )
    return mine[0] if inside else None


def _document(tracks: Sequence[LabelledVideo]) -> str:
    """Format the file of a video, of which several tracks may be given.

    The schema wants the elements in this order.
    """
    first, tiers = tracks[0], _tiers(tracks)
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": first.annotator,
            "DATE": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = ET.SubElement(
        root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}
    )
    _add_media(header, first)
    times = ET.SubElement(root, "TIME_ORDER")
    n_labels = 0
    for tier in tiers:
        n_labels = _add_tier(root, times, tier, n_labels)
    _add_property(header, "lastUsedAnnotationId", str(n_labels))
    if first.times.steady_rate is not None:
        _add_property(header, _RATE, f"{first.times.steady_rate:.9g}")
    for tier in tiers:
        lines = guess_lines(tier.track.segmentation, tier.track.label_map)
        if lines and not tier.what:
            text = json.dumps(lines, ensure_ascii=False)
            _add_property(header, _OF_MODEL + tier.name, text)
    if beside := _on_what(tiers):
        _add_property(header, _BESIDE, json.dumps(beside, ensure_ascii=False))
    _add_types(root, tiers)
    return xml_file(root)


def _on_what(tiers: Iterable[_Written]) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Say of tiers of points and comments which tier and people these are on."""
    return {
        t.name: (t.what, *(("", ()) if t.on_video else (t.track.tier, t.track.people)))
        for t in tiers
        if t.what
    }


def _add_types(root: ET.Element, tiers: Iterable[_Written]) -> None:
    """Add the types of tiers, and their vocabularies."""
    types = {tier.type: tier for tier in tiers}
    for tier in types.values():
        kind = {
            "LINGUISTIC_TYPE_ID": tier.type,
            "TIME_ALIGNABLE": "true",
            "GRAPHIC_REFERENCES": "false",
        }
        if tier.vocabulary:
            kind["CONTROLLED_VOCABULARY_REF"] = tier.vocabulary
        held = {"CONSTRAINTS": _INSIDE["STEREOTYPE"]} if tier.parent else {}
        ET.SubElement(root, "LINGUISTIC_TYPE", {**kind, **held})
    ET.SubElement(root, "LANGUAGE", _LANGUAGE)
    if any(tier.parent for tier in tiers):
        ET.SubElement(root, "CONSTRAINT", _INSIDE)
    for tier in types.values():
        if tier.vocabulary:
            _add_classes(root, tier)


def _add_property(header: ET.Element, name: str, value: str) -> None:
    ET.SubElement(header, "PROPERTY", {"NAME": name}).text = value


def _add_tier(
    root: ET.Element, times: ET.Element, written: _Written, n_before: int
) -> int:
    """Add the labels of a track, numbered from ``n_before`` on; return the last number.

    Each has two time slots of its own.
    """
    track = written.track
    about = {"TIER_ID": written.name, "LINGUISTIC_TYPE_REF": written.type}
    if written.parent:
        about["PARENT_REF"] = written.parent
    if track.subject and not written.on_video:
        about["PARTICIPANT"] = track.subject
    tier = ET.SubElement(root, "TIER", {**about, "ANNOTATOR": track.annotator})
    entries = {c.name: _entry(c) for c in track.label_map.classes}
    n = n_before
    for start_ms, stop_ms, name in written.spans:
        n += 1
        slots = f"ts{2 * n - 1}", f"ts{2 * n}"
        for slot, ms in zip(slots, (start_ms, stop_ms), strict=True):
            said = {"TIME_SLOT_ID": slot, "TIME_VALUE": str(ms)}
            ET.SubElement(times, "TIME_SLOT", said)
        said = {
            "ANNOTATION_ID": f"a{n}",
            "TIME_SLOT_REF1": slots[0],
            "TIME_SLOT_REF2": slots[1],
        }
        if written.vocabulary:
            said["CVE_REF"] = entries[name]
        around = ET.SubElement(tier, "ANNOTATION")
        annotation = ET.SubElement(around, "ALIGNABLE_ANNOTATION", said)
        ET.SubElement(annotation, "ANNOTATION_VALUE").text = name
    return n


def _entry(action: ActionClass) -> str:
    """Return the id of a class in the vocabulary."""
    return f"class{action.id}"


def _add_classes(root: ET.Element, tier: _Written) -> None:
    """Add the classes of a tier as controlled vocabulary."""
    about = {"CV_ID": tier.vocabulary}
    vocabulary = ET.SubElement(root, "CONTROLLED_VOCABULARY", about)
    language = {"LANG_REF": _LANGUAGE["LANG_ID"]}
    ET.SubElement(vocabulary, "DESCRIPTION", language)
    for c in tier.track.label_map.classes:
        entry = ET.SubElement(vocabulary, "CV_ENTRY_ML", {"CVE_ID": _entry(c)})
        about = {"DESCRIPTION": c.description} if c.description else {}
        ET.SubElement(entry, "CVE_VALUE", {**about, **language}).text = c.name


def _add_media(header: ET.Element, video: LabelledVideo) -> None:
    """Link the video, where there is a file of one."""
    if video.media is None or video.media.suffix.lower() not in VIDEO_SUFFIXES:
        return
    kind, _ = mimetypes.guess_type(video.media.name)
    # Not the whole path, which tells of whoever wrote the file: ELAN looks beside it.
    url = _url(_beside(video.media, video.out))
    about = {"MEDIA_URL": url, "RELATIVE_MEDIA_URL": url}
    ET.SubElement(header, "MEDIA_DESCRIPTOR", {**about, "MIME_TYPE": kind or "video/*"})


def _url(path: str) -> str:
    """Write a path as ELAN does, as it is; escaped where that would be no address."""
    return quote(path, safe="/:") if "%" in path else path


def _beside(media: Path, folder: Path | None) -> str:
    """Find the path of the media from the folder of the file."""
    try:
        path = Path(os.path.relpath(media, folder or media.parent)).as_posix()
    except ValueError:  # on another drive of Windows
        return f"file:///{media.as_posix()}"
    return path if path.startswith("../") else f"./{path}"
