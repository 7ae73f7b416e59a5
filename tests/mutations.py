"""Nasty versions of valid files: what strangers, bad disks and attackers make of them.

Every mutation is drawn from a `random.Random`, so that a seed says it all.
"""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

NASTY_JSON = (
    *("1e999", "-1e999", "NaN", "-Infinity", "9" * 5000, "-1", "0", "1.5", "true"),
    *("null", '""', '"x"', "[]", "{}", "[[]]", '{"a": 1}', "9223372036854775808"),
    *("1000000000000000", "-9223372036854775809", r'"\ud800"', r'"\u0000"'),
    *('"../../x"', '"/etc/x"', '"CON"', '"a."', '"<img src=x><h1>"', r'"\n"'),
    *("[" * 2000 + "]" * 2000, '"' + "x" * 100_000 + '"', '"' + "名" * 300 + '"'),
    *("[1e999, null, -1]", "[null]", "1e308", "4294967296", '"1e999"', '"nan"'),
)
NASTY_WORDS = (
    *("1e999", "-1e999", "nan", "inf", "9" * 5000, "-1", "0", "1.5", "", "x", "null"),
    *("9223372036854775808", "1000000000000000", "\0", "²", "٣", "../../x", "CON"),
    *("<img src=x><h1>", "x" * 100_000, "=1+1", "&a", "*a", "[" * 2000, '"', "'", "%"),
    *("!!python/object:os.system x", "{" * 300, "\ud800", "\x85", "\u2028", "0x10"),
)
NASTY_XML = (
    *(w.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
      for w in NASTY_WORDS),
    *("&", "&x;", "&#0;", "&#xffff;", "&#99999999;", "<", "step=0", "step=999999"),
)  # fmt: skip
BOMBS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
)
NASTY_TYPES = (
    *("|O", "<U99999999", "|b1", "<f2", "<c16", "<M8[ns]", "<i8", "|S1", "|V0"),
    *("<f16", "<u1", ">f4", "x", "", "<U0", "|S2147483647"),
)
NASTY_SHAPES = (
    *("()", "(0,)", "(99999999999999999999,)", "(-1,)", "(1, 1, 1, 1)", "(0, 0, 0, 0)"),
    *("(4294967296, 4294967296)", "(1099511627776,)", "1", "(2.5,)", "(None,)", "(,"),
    *("(1,) * 9", "(True,)", "(1000000, 0)", "[1]"),
)
NASTY_HEADERS = (
    *("{", "'", "'''", "(", "{'descr'", "lambda: 0", "1" * 5000, "\0", "\x80", ""),
    *("{'descr': '<f4', 'fortran_order': 7, 'shape': (1,)}", "[" * 200, "-" * 4000),
    *("{'shape': (1,)}", "{1: 2}", "{'descr': [('a', '<f4')], 'fortran_order': False,"),
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
)
ARRAYS: tuple[np.ndarray, ...] = (
    *(np.zeros(0), np.array(0), np.array("x"), np.array([np.nan, np.inf, -np.inf])),
    *(np.zeros((3, 2, 17, 2)), np.full((4, 3), np.nan), np.array([True, False])),
    *(np.array([2**62, -(2**62)]), np.array(1e300), np.array(["a", "b"])),
    *(np.zeros(2, [("a", "<f4")]), np.array([1j, 2]), np.array(["2020-01-01"], "M8")),
    *(np.zeros((0, 5)), np.array([b"x"]), np.array("x" * 5000), np.array([[1]])),
    *(np.array(np.nan), np.array(-1), np.full((2, 2), 2**63, np.uint64)),
)


def mutate(data: bytes, suffix: str, dice: random.Random) -> bytes:
    """A nasty version of a file's bytes; one of five is spoiled without regard."""
    kind: Callable[[bytes, random.Random], bytes] = _KINDS.get(suffix, _spoil)
    if dice.random() < 0.2:
        kind = _spoil
    try:
        return kind(data, dice)
    except (ValueError, KeyError, zipfile.BadZipFile, UnicodeError):
        return _spoil(data, dice)


def _spoil(data: bytes, dice: random.Random) -> bytes:
    """Flip, cut, insert, repeat or clear bytes."""
    spoiled = bytearray(data)
    at = dice.randrange(len(data) + 1)
    what = dice.randrange(7)
    if what == 0:
        return data[:at]
    if what == 1:
        return data[:at] + dice.randbytes(dice.randrange(1, 40)) + data[at:]
    if what == 2:
        return data[:at] + data[at + dice.randrange(1, 40) :]
    if what == 3:
        stop = min(len(data), at + dice.randrange(1, 4000))
        return data[:at] + bytes(stop - at) + data[stop:]
    if what == 4:
        return dice.choice([b"", b"\0", b"\xff\xfe", data * 2, data[::-1], b"PK\3\4"])
    for _ in range(dice.randrange(1, 9)):
        if spoiled:
            spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    return bytes(spoiled)


def _json(data: bytes, dice: random.Random) -> bytes:
    """Put a nasty value in place of one or two, or take one away."""
    value = json.loads(data)
    mark = "@nasty@"
    for _ in range(dice.randrange(1, 3)):
        places = list(_places(value))
        if not places:
            break
        holder, key = dice.choice(places)
        what = dice.random()
        if what < 0.15:
            del holder[key]
        elif what < 0.25 and isinstance(holder, list):
            holder.insert(key, holder[key])
        elif what < 0.35:
            other, theirs = dice.choice(places)
            holder[key] = json.loads(json.dumps(other[theirs]))
        else:
            holder[key] = mark
    text = json.dumps(value) if dice.random() < 0.95 else mark
    while f'"{mark}"' in text:
        text = text.replace(f'"{mark}"', dice.choice(NASTY_JSON), 1)
    return text.replace(mark, dice.choice(NASTY_JSON)).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        for key in value:
            yield value, key
            yield from _places(value[key])
    elif isinstance(value, list):
        for key in range(len(value)):
            yield value, key
            yield from _places(value[key])


def _text(data: bytes, dice: random.Random) -> bytes:
    """Put a nasty word in place of one, or drop, repeat or swap lines."""
    text = data.decode()
    what = dice.random()
    if what < 0.7:
        words = list(re.finditer(r"[^\s,:;()\[\]{}\"']+|,", text))
        if words:
            word = dice.choice(words)
            nasty = dice.choice(NASTY_WORDS)
            text = text[: word.start()] + nasty + text[word.end() :]
    else:
        lines = text.splitlines(keepends=True) or [""]
        at = dice.randrange(len(lines))
        if what < 0.8:
            del lines[at]
        elif what < 0.9:
            lines.insert(at, dice.choice(lines))
        else:
            lines[at] = dice.choice(NASTY_WORDS) + "\n"
        text = "".join(lines)
    return text.encode("utf-8", "surrogatepass")


def _xml(data: bytes, dice: random.Random) -> bytes:
    """Change a value, drop, repeat or nest an element, declare entities, or recode."""
    text = data.decode()
    what = dice.random()
    if what < 0.6:
        value = dice.choice(list(re.finditer('(?<=")[^"<>]*(?=")|(?<=>)[^<>]+', text)))
        text = text[: value.start()] + dice.choice(NASTY_XML) + text[value.end() :]
    elif what < 0.8:
        parts = re.split("(?=<[A-Za-z/])", text)
        at = dice.randrange(len(parts))
        parts[at : at + 1] = dice.choice([[], [parts[at]] * 2, [dice.choice(parts)]])
        text = "".join(parts)
    elif what < 0.9:
        at = dice.choice([m.end() for m in re.finditer(">", text)])
        text = text[:at] + dice.choice(["<a>", "<!--", "<![CDATA["]) * 5000 + text[at:]
    elif what < 0.95:
        head, mark, rest = text.partition("?>")
        text = head + mark + dice.choice(BOMBS) + (rest or head)
    else:
        return text.encode(dice.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-32"]))
    return text.encode("utf-8", "surrogatepass")


def _npy(data: bytes, dice: random.Random) -> bytes:
    """Change the header of an array, or put another array in its place."""
    if dice.random() < 0.3:
        stream = io.BytesIO()
        np.save(stream, dice.choice(ARRAYS))
        return stream.getvalue()
    if not data.startswith(b"\x93NUMPY\1"):
        return _spoil(data, dice)
    (length,) = struct.unpack("<H", data[8:10])
    header, rest = data[10 : 10 + length].decode("latin1"), data[10 + length :]
    what = dice.random()
    if what < 0.35:
        header = re.sub(
            "'descr': '[^']*'",
            lambda _: f"'descr': '{dice.choice(NASTY_TYPES)}'",
            header,
        )
    elif what < 0.75:
        header = re.sub(
            r"\([^)]*\)", lambda _: dice.choice(NASTY_SHAPES), header, count=1
        )
    else:
        header = dice.choice(NASTY_HEADERS)
    new = header.rstrip("\n").encode("latin1") + b"\n"
    return data[:8] + struct.pack("<H", min(65535, len(new))) + new + rest


def _npz(data: bytes, dice: random.Random) -> bytes:
    """Change, rename, drop, repeat or add a member."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = dice.randrange(len(members))
    name, content = members[at]
    what = dice.random()
    if what < 0.7:
        members[at] = (name, _npy(content, dice))
    elif what < 0.8:
        members[at] = (dice.choice([name[:-4], "../" + name, "", "x.npy"]), content)
    elif what < 0.9:
        del members[at]
    else:
        members.append(dice.choice([("x", b"hello"), (name[:-4], b""), ("a/", b"")]))
    stream = io.BytesIO()
    packing = dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, content in members:
            archive.writestr(name or "x", content)
    return stream.getvalue()


def _xlsx(data: bytes, dice: random.Random) -> bytes:
    """Change the text of one part of a workbook, or drop the part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = dice.choice(sorted(parts))
    if dice.random() < 0.1:
        del parts[name]
    else:
        parts[name] = _text(parts[name], dice)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _tensors(data: bytes, dice: random.Random) -> bytes:
    """Change the JSON header of a safetensors file."""
    (length,) = struct.unpack("<Q", data[:8])
    header = _json(data[8 : 8 + length], dice)
    said = dice.choice([len(header), len(header), len(header), 2**62, 0])
    return struct.pack("<Q", said) + header + data[8 + length :]


def _lines(data: bytes, dice: random.Random) -> bytes:
    """Change one JSON line of a journal, with or without the right checksum."""
    import zlib

    lines = data.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    body = _json(lines[at][9:], dice).replace(b"\n", b" ")
    crc = zlib.crc32(body) if dice.random() < 0.9 else dice.getrandbits(32)
    lines[at] = b"%08x %s\n" % (crc, body)
    return b"".join(lines)


_KINDS = {
    ".json": _json,
    ".eaf": _xml,
    ".xml": _xml,
    ".boris": _json,
    ".npz": _npz,
    ".npy": _npy,
    ".xlsx": _xlsx,
    ".tsv": _text,
    ".txt": _text,
    ".csv": _text,
    ".yaml": _text,
    ".yml": _text,
    ".bundle": _text,
    ".safetensors": _tensors,
    ".jsonl": _lines,
}
