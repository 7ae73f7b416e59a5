"""Scan: build the table of frames of a video file by reading its packets.

Only a few frames at the start are decoded and, if the file shows signs of damage or its
format stores no counts, the last group of pictures: undecodable packets (after a cut,
before damage) are not frames. Spoiled H.264 and HEVC packets are recognised by their
own lengths. Files without usable timestamps are decoded once.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from skelseg_core.errors import VideoError
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.video.container import Number, VideoFile
from skelseg_core.video.index import (
    NO_TIME,
    UnprovenPacket,
    VideoIndex,
    packet_digest,
    packet_time,
)
from skelseg_core.video.media_path import media_path

if TYPE_CHECKING:
    from skelseg_core.video.container import Packet

PROBED_FRAMES = 8
"""Frames decoded at the start to check their order."""
MAX_TAIL_FRAMES = 300
"""Frames after the last keyframe up to which the end of the file is decoded."""
MAX_TAIL_KEYFRAMES = 8
"""Keyframes tried from the end to find the last decodable frame."""
TICK_S = 0.1
"""Seconds between two reports of progress."""
# Containers that store their number of packets.
_BOOKED = ("mov", "matroska", "avi", "gif")
# An .avi stores no display times, those of a .wmv are misread, and these codecs reorder
# pictures. MPEG-4 marks reordered ones, so an .avi with it gets right times.
_REORDERING = {"h264", "hevc", "vc1", "wmv3", "mpeg2video", "mpeg1video"}
_DECODED_ONCE = {"avi": _REORDERING, "asf": _REORDERING | {"mpeg4"}}


@dataclass(frozen=True, eq=False)
class _Scan:
    """Packets in file order: (n_packets,) int64 and bool; NO_TIME for a missing one."""

    pts: np.ndarray
    dts: np.ndarray
    pos: np.ndarray
    digest: np.ndarray
    stored: np.ndarray
    key: np.ndarray
    shown: np.ndarray
    is_b: np.ndarray
    torn: np.ndarray
    corrupt: bool
    short: bool = False


def build_index(path: Path) -> Task[VideoIndex]:
    """Read the table of frames of ``path`` from the file itself.

    Among several video streams it takes the one in the path, else the first that
    decodes to more than one frame, else the first that decodes to one.

    Raises
    ------
    VideoError
        If the file is not a video or has no decodable frame.
    """
    file = VideoFile(path)
    named = media_path(path).stream is not None
    numbers = (file.video,) if named else file.decodable
    file.close()
    still: VideoIndex | None = None
    failure: VideoError | None = None
    for number in numbers:
        try:
            index = yield from _built(path, number)
        except VideoError as error:
            failure = failure or error
            continue
        if index.n_frames > 1:
            return index
        still = still or index
    if still is not None:
        return still
    raise failure or _undecodable(file.path)


def _built(path: Path, video: int) -> Task[VideoIndex]:
    file = VideoFile(path, video)
    try:
        scan = yield from _scan(file)
        index = _draft(file, scan)
        if index is None:
            return (yield from _ordered(file, scan))
        first, in_order = yield from _probe(file, index)
        if not in_order:
            return (yield from _ordered(file, scan))
        last = yield from _last_readable(file, first, scan)
        kept = _trim(first, 0, last + 1)
        return _with_damage(kept, first.n_frames, scan, file.path)
    finally:
        file.close()


def _scan(file: VideoFile) -> Task[_Scan]:
    size = file.size_bytes
    rows: list[tuple[int, int, int, int, int, bool, bool, bool, bool]] = []
    corrupt = False
    prefix = _length_bytes(file)
    has_types = _tells_types(file)
    tick = time.monotonic()
    for packet in file.packets():
        pts = NO_TIME if packet.pts is None else packet.pts
        dts = NO_TIME if packet.dts is None else packet.dts
        pos = -1 if packet.pos is None else packet.pos
        content = packet_digest(packet), packet_time(packet)
        is_b = has_types and _is_b(packet)
        is_torn = prefix > 0 and _is_torn(packet, prefix)
        marks = packet.is_keyframe, not packet.is_discard, is_b, is_torn
        rows.append((pts, dts, pos, *content, *marks))
        corrupt |= packet.is_corrupt
        if time.monotonic() - tick > TICK_S:
            tick = time.monotonic()
            yield Progress(
                Said("reading {}", file.path.name), max(0, min(pos, size)), size
            )
    if not rows:
        raise VideoError("{} has no frames; choose another file.", file.path)
    table = np.array(rows, np.int64)
    scan = _Scan(
        pts=table[:, 0],
        dts=table[:, 1],
        pos=table[:, 2],
        digest=table[:, 3],
        stored=table[:, 4],
        key=table[:, 5] > 0,
        shown=table[:, 6] > 0,
        is_b=table[:, 7] > 0,
        torn=table[:, 8] > 0,
        corrupt=corrupt or file.failures > 0,
    )
    return replace(scan, short=_is_short(file, scan))


def _length_bytes(file: VideoFile) -> int:
    """Return the size in bytes of packet length prefixes; 0 without prefixes."""
    codec = file.stream.codec_context
    at = {"h264": 4, "hevc": 21}.get(codec.name)
    head = codec.extradata or b""
    if at is None or len(head) <= at or head[0] != 1:
        return 0
    return (head[at] & 3) + 1


def _is_torn(packet: Packet, prefix: int) -> bool:
    """Tell whether a part of a packet claims to be longer than its data.

    Decoders refuse such packets entirely.
    """
    data, at = memoryview(packet), 0
    if bytes(data[:4]) == b"\0\0\0\1":
        return False
    while at + 4 <= len(data):
        at += prefix + int.from_bytes(data[at : at + prefix], "big")
    return at > len(data)


def _is_short(file: VideoFile, scan: _Scan) -> bool:
    """Tell whether the container's own tables name more packets than were found."""
    stream, name = file.stream, file.format
    if name.startswith("mov"):
        return len(scan.pts) < len(getattr(stream, "index_entries", ()))
    if name == "avi":
        return int(scan.stored.max()) + 1 < stream.frames
    if name == "mpegts":
        size = file.size_bytes
        return all(size % unit for unit in (188, 192, 204))
    if name.startswith("matroska"):
        named = _named_duration_s(file)
        end = int(scan.stored.max()) * float(stream.time_base or 0)
        return named is not None and end + max(0.5, 0.02 * named) < named
    return False


def _named_duration_s(file: VideoFile) -> float | None:
    tag = str(file.stream.metadata.get("DURATION", ""))
    with contextlib.suppress(ValueError):
        hours, minutes, seconds = tag.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return file.duration_s if file.n_streams == 1 else None


def _draft(file: VideoFile, scan: _Scan) -> VideoIndex | None:
    """Make the table from timestamps; None if only decoding reveals the order."""
    if file.stream.codec_context.name in _DECODED_ONCE.get(file.format, ()):
        return None
    if (scan.pts == NO_TIME).any() or not scan.shown.any():
        return None
    times = _unwrapped(scan, file.stream.time_base or Fraction(1, 1000))
    order = np.argsort(times, kind="stable")
    if _tells_types(file):
        order = _order_of_types(scan.is_b)
    elif file.format == "mpeg" and len(np.unique(times)) < len(times):
        return None
    return _index(file, scan, order, np.sort(times[scan.shown]))


def _tells_types(file: VideoFile) -> bool:
    """Tell whether picture types give the display order better than times.

    If a picture begins at the very end of a pack, demuxers give it the time of the next
    one: times of program and transport streams may even be out of order.
    """
    codec = file.stream.codec_context.name
    return file.format.startswith("mpeg") and codec in ("mpeg1video", "mpeg2video")


def _is_b(packet: Packet) -> bool:
    """Tell whether an MPEG-1 or MPEG-2 picture is a B picture, by its header."""
    data = bytes(packet)
    at = data.find(b"\0\0\1\0")
    return 0 <= at < len(data) - 5 and data[at + 5] >> 3 & 7 == 3


def _order_of_types(is_b: np.ndarray) -> np.ndarray:
    """Order by picture type: a B picture is shown before the one stored before it.

    Any other picture is shown when the next of its kind is stored.
    """
    order: list[int] = []
    held: int | None = None
    for ordinal, now in enumerate(is_b.tolist()):
        if now:
            order.append(ordinal)
            continue
        if held is not None:
            order.append(held)
        held = ordinal
    return np.array(order if held is None else [*order, held], np.int64)


def _unwrapped(scan: _Scan, time_base: Fraction) -> np.ndarray:
    """Return times with every restart of the clock undone."""
    clock = np.where(scan.dts == NO_TIME, scan.pts, scan.dts)
    steps = np.diff(clock, prepend=clock[:1])
    back = steps < -float(1 / time_base)
    ahead = steps[steps > 0]
    usual = int(np.median(ahead)) if len(ahead) else 0
    return np.asarray(scan.stored + np.cumsum(np.where(back, usual - steps, 0)))


def _index(
    file: VideoFile, scan: _Scan, order: np.ndarray, times: np.ndarray
) -> VideoIndex:
    """Make the table from the ordinals of packets in display order.

    ``times`` are those of the displayed packets, in the same order.
    """
    shown = scan.shown[order]
    numbers = np.full(len(scan.pts), -1, np.int64)
    numbers[order[shown]] = np.arange(len(times))
    is_key = scan.key[order]
    keys = order[is_key]
    # MPEG may pack several frames together; then times after a seek are unreliable.
    by_byte = file.format.startswith("mpeg") or bool((scan.stored == NO_TIME).any())
    places = np.maximum.accumulate(np.maximum(scan.pos, 0))
    stream = file.stream
    return VideoIndex(
        times=times,
        frame_numbers=numbers,
        digests=scan.digest,
        keys=keys,
        key_frames=(np.cumsum(shown) - shown)[is_key],
        key_seek=(places if by_byte else scan.stored)[keys],
        by_byte=by_byte,
        time_base=Fraction(stream.time_base or Fraction(1, 1000)),
        size_bytes=file.size_bytes,
        rate=float(stream.average_rate or stream.guessed_rate or 25),
        video=file.video,
        n_videos=file.n_videos,
        has_sound=file.has_sound,
    )


def _ordered(file: VideoFile, scan: _Scan) -> Task[VideoIndex]:
    """Make the table by decoding the whole file once."""
    file.threads = not (scan.corrupt or scan.short or scan.torn.any())
    file.restart()
    order: dict[int, None] = {}
    first: av.VideoFrame | None = None
    tick = time.monotonic()
    for ordinal, frame in file.decode(lambda packet, ordinal: ordinal):
        first = first or frame
        order.setdefault(ordinal)
        if time.monotonic() - tick > TICK_S:
            tick = time.monotonic()
            yield Progress(
                Said("ordering {}", file.path.name), len(order), len(scan.pts)
            )
    if first is None:
        raise _undecodable(file.path)
    packets = np.fromiter(order, np.int64, len(order))
    packets = packets[packets < len(scan.pts)]
    scan = replace(scan, shown=np.ones(len(scan.pts), bool))
    times = _unwrapped(scan, file.stream.time_base or Fraction(1, 1000))
    index = _index(file, scan, packets, np.sort(times[packets]))
    if (scan.stored == NO_TIME).any():
        step = 1 / Fraction(index.rate).limit_denominator(100_000)
        index = replace(index, times=np.arange(len(packets)), time_base=step)
    index = _upright(index, first)
    refused = np.isin(np.arange(len(scan.pts)), file.refused)
    scan = replace(scan, torn=scan.torn | refused)
    return _with_damage(index, index.n_frames, scan, file.path)


def _probe(file: VideoFile, index: VideoIndex) -> Task[tuple[VideoIndex, bool]]:
    """Cut the start to the first decodable frame; check the order of a few."""
    file.restart()
    numbers: list[int] = []
    first: av.VideoFrame | None = None
    tick = time.monotonic()
    for number, frame in file.decode(index.number):
        first = first or frame
        numbers.append(number)
        if len(numbers) >= PROBED_FRAMES:
            break
        if time.monotonic() - tick > TICK_S:
            tick = time.monotonic()
            yield Progress(Said("reading {}", file.path.name))
    if first is None:
        raise _undecodable(file.path)
    # None may be missing either: a packet may hold half a picture, or none.
    in_order = numbers[0] >= 0 and all(np.diff(numbers) == 1)
    return _upright(_trim(index, max(0, numbers[0]), None), first), in_order


def _undecodable(path: Path) -> VideoError:
    return VideoError("{} has no frame that can be decoded; it is damaged.", path)


def _upright(index: VideoIndex, frame: av.VideoFrame) -> VideoIndex:
    rotation = round(frame.rotation / 90) % 4 * 90
    size = (frame.width, frame.height)
    width, height = size if rotation % 180 == 0 else size[::-1]
    return replace(index, width=width, height=height, rotation=rotation)


def _trim(index: VideoIndex, start: int, stop: int | None) -> VideoIndex:
    times = index.times[start:stop]
    numbers = index.frame_numbers - start
    numbers[(numbers < 0) | (numbers >= len(times))] = -1
    key_frames = np.maximum(index.key_frames - start, 0)
    return replace(index, times=times, frame_numbers=numbers, key_frames=key_frames)


def _last_readable(file: VideoFile, index: VideoIndex, scan: _Scan) -> Task[int]:
    """Find the number of the last decodable frame.

    One empty seek proves nothing: in an intact .ts file a seek to the last keyframe may
    find nothing, so it goes back until something decodes.
    """
    last = index.n_frames - 1
    rows = range(len(index.keys) - 1, -1, -1)[:MAX_TAIL_KEYFRAMES]
    if not (scan.corrupt or scan.short):
        tail = last - int(index.key_frames[-1:].sum())
        if file.format.startswith(_BOOKED) or tail > MAX_TAIL_FRAMES:
            return last
    for row in rows:
        landed = index.land(file, row)
        if landed is not None and landed <= row:
            with contextlib.suppress(UnprovenPacket):
                reached = yield from _reach(file, index, index.proven_number)
                if reached >= 0:
                    return reached
    file.restart()
    return (yield from _reach(file, index, index.number))


def _reach(file: VideoFile, index: VideoIndex, number: Number) -> Task[int]:
    """Find the highest decodable frame number from here on, or -1."""
    reached = -1
    tick = time.monotonic()
    for found, _ in file.decode(number):
        reached = max(reached, found)
        if time.monotonic() - tick > TICK_S:
            tick = time.monotonic()
            yield Progress(
                Said("checking {}", file.path.name), reached + 1, index.n_frames
            )
    return reached


def _with_damage(index: VideoIndex, found: int, scan: _Scan, path: Path) -> VideoIndex:
    n = index.n_frames - 1
    last = f"{n} ({index.frame_times.start_s(n):.1f} s)"
    damage = ""
    if scan.short or index.n_frames < found:
        damage = (
            f"{path.name} is incomplete or damaged: frames up to {last} can be read, "
            "the rest is missing; copy the file again if you need it."
        )
    elif (scan.torn & scan.shown).any():
        damage = _lost(index, scan, path)
    elif scan.corrupt:
        damage = (
            f"{path.name} is damaged: frames up to {last} can be read, but some may "
            "show a spoiled picture; copy the file again if you can."
        )
    return replace(index, damage=damage)


def _lost(index: VideoIndex, scan: _Scan, path: Path) -> str:
    """Write how many frames are lost, as far as packets show, and where."""
    numbers = index.frame_numbers
    lost = scan.shown & (scan.torn | (numbers < 0))
    first = int(lost.argmax())
    before = int((numbers[:first] >= 0).sum()) - 1
    at_s = index.frame_times.start_s(max(0, before))
    where = f"after frame {before} ({at_s:.1f} s)" if before >= 0 else "at its start"
    n, n_all = int(lost.sum()), int(scan.shown.sum())
    return (
        f"{path.name} is damaged: at least {n:,} of {n_all:,} frames cannot be "
        f"decoded, the first {where}; they are left out or show the picture before; "
        "copy the file again if you can."
    )
