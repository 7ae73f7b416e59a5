"""XML files of other tools: bounded reading, checked writing.

A file may be anybody's: its size, its elements and their depth are limited before a
tree is built, and entities, by which a few bytes become gigabytes or other files are
read, are refused.
"""

from __future__ import annotations

import lzma
import math
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from pathlib import Path

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from skelseg_core.absent_content import pointer_sentence
from skelseg_core.errors import FormatError
from skelseg_core.text_files import unreadable

MAX_XML_BYTES = 32 << 20
"""Largest XML file that is read."""
MOST_ELEMENTS = 500_000
"""Elements of a file that is read; an hour of every frame of CVAT has about 250,000."""
MOST_DEPTH = 50
"""Elements around an element of a file that is read; those we read have ten."""
LARGEST_NUMBER = 1e12
"""Numbers beyond it are refused: in ms 30 years of film."""
_DAMAGED_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, EOFError),
    *(RuntimeError, NotImplementedError, ValueError, OverflowError),
)
"""Exceptions by which `zipfile` refuses an archive."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_xml(path: Path, root: str, tool: str, member: str = "") -> ET.Element:
    """Read the tree of an XML file, which may lie in a ZIP archive.

    Parameters
    ----------
    path : Path
        Of the file, or of an archive.
    root : str
        Name of the outermost element.
    tool : str
        Which program writes such files, for the errors.
    member : str
        Name of the file in an archive; unused where ``path`` is none.

    Raises
    ------
    FormatError
        Where the file cannot be read, is larger than a file of its kind can be, is no
        XML or declares entities; says in which line.
    """
    parser = DefusedXMLParser(target=_BoundedTree(path))
    try:
        parser.feed(_bounded_bytes(path, member))
        tree: ET.Element = parser.close()
    except ET.ParseError as error:
        line, column = error.position
        raise FormatError(
            "{}, line {}, column {}: the file is damaged here or not XML ({}); save "
            "it again in {}.",
            path,
            line,
            column + 1,
            str(error).partition(":")[0],
            tool,
        ) from error
    except DefusedXmlException as error:
        raise FormatError(
            "{} declares entities, which a file of {} never does; it was refused.",
            path,
            tool,
        ) from error
    except (ValueError, LookupError) as error:
        raise FormatError(
            "{} has an encoding that skelseg cannot read ({}); save it as UTF-8.",
            path,
            error,
        ) from error
    if tree.tag != root:
        raise FormatError(
            "{} is not a file of {}: it begins with <{:.40}> instead of <{}>.",
            path,
            tool,
            tree.tag,
            root,
        )
    return tree


def attribute(element: ET.Element, name: str, path: Path) -> str:
    """Return an attribute that an element must have; raise FormatError if it lacks it.

    The error says which element it is by its other attributes.
    """
    value = element.get(name)
    if value is None:
        said = "".join(f" {k}={v[:40]!r}" for k, v in list(element.items())[:3])
        raise FormatError(
            "{}: <{}{}> lacks {}; the file is damaged, save it again.",
            path,
            element.tag,
            said,
            name,
        )
    return value


def number(element: ET.Element, name: str, path: Path) -> float:
    """Return a number from 0 on that an attribute must have.

    Raises
    ------
    FormatError
        Where the attribute is missing or something else.
    """
    text = attribute(element, name, path)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LARGEST_NUMBER:
        raise FormatError(
            "{}: {} of <{}> is '{:.40}' and not a number; the file is damaged, save "
            "it again.",
            path,
            name,
            element.tag,
            text,
        )
    return value


def child_text(element: ET.Element | None, name: str) -> str:
    """Return the text of the first child of this name; empty where there is none."""
    found = None if element is None else element.find(name)
    return "" if found is None or found.text is None else found.text.strip()


def xml_file(root: ET.Element) -> str:
    """Format an XML file with one element per line.

    Raises
    ------
    FormatError
        Where a text holds a character that XML cannot carry.
    """
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    found = _NO_XML.search(text)
    if found:
        around = text[max(0, found.start() - 20) : found.end() + 20]
        raise FormatError(
            "XML files cannot hold the character {!r} in {!r}; rename what has it.",
            found[0],
            around,
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


class _BoundedTree(ET.TreeBuilder):
    """Builder of a tree that refuses to grow without end."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._elements = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._elements += 1
        self._depth += 1
        if self._elements > MOST_ELEMENTS or self._depth > MOST_DEPTH:
            raise FormatError(
                "{} has more than {:,} elements or {} nested ones, and no label file "
                "needs so many; check that it is the right file.",
                self._path,
                MOST_ELEMENTS,
                MOST_DEPTH,
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def _bounded_bytes(path: Path, member: str) -> bytes:
    try:
        with path.open("rb") as stream:
            if member and zipfile.is_zipfile(stream):
                with zipfile.ZipFile(stream) as archive, archive.open(member) as file:
                    data = file.read(MAX_XML_BYTES + 1)
            else:
                stream.seek(0)
                data = stream.read(MAX_XML_BYTES + 1)
    except _DAMAGED_ARCHIVE as error:
        raise FormatError(
            "{} is a damaged archive or has no {}; export it again.", path, member
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if absent := pointer_sentence(path, data[:200]):
        raise FormatError("{}", absent)
    if len(data) > MAX_XML_BYTES:
        raise FormatError(
            "{} has more than {:,} bytes, the limit for label files; check that it "
            "is the right file.",
            path,
            MAX_XML_BYTES,
        )
    return data
