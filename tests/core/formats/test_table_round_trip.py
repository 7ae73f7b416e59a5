"""Tables as spreadsheets save them give every frame its label again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.formats.descriptors import ReadOptions
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.labels.any_table import AnyTable
from skelseg_core.formats.tables.sheet_file import clock_text
from skelseg_core.formats.tables.table_mapping import TableMapping
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.imports.assigned_labels import joined
from skelseg_core.project.imports.frames_and_overlaps import framed
from skelseg_core.video.times import FrameTimes
from tests.core.formats.test_label_round_trip import CLASSES, labels, names_by_frame
from tests.soak import examples

Rows = list[tuple[float, float, int, int, str]]
"""Start and stop in seconds, start and stop in frames, and the name."""
Saver = Callable[[Path, Rows], tuple[Path, TableMapping]]


def quoted(cell: str, sign: str) -> str:
    """A cell as Excel writes it."""
    if any(mark in cell for mark in (sign, '"', "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def german(path: Path, rows: Rows) -> tuple[Path, TableMapping]:
    """Seconds in a CSV of German Excel: semicolons, decimal commas, its own BOM."""
    lines = ["Beginn;Ende;Verhalten"]
    for start, stop, _, _, name in rows:
        a, b = (f"{s:.4f}".replace(".", ",") for s in (start, stop))
        lines.append(f"{a};{b};{quoted(name, ';')}")
    path = path.with_suffix(".csv")
    path.write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))
    return path, TableMapping()


def unicode_text(path: Path, rows: Rows) -> tuple[Path, TableMapping]:
    """Excel's "Unicode text": tabs, UTF-16."""
    lines = ["Video\tStart (ms)\tDauer (ms)\tKlasse"]
    for start, stop, _, _, name in rows:
        ms = f"{start * 1000:.1f}\t{(stop - start) * 1000:.1f}".replace(".", ",")
        lines.append(f"a.mp4\t{ms}\t{quoted(name, chr(9))}")
    path = path.with_suffix(".txt")
    path.write_bytes("\r\n".join([*lines, ""]).encode("utf-16"))
    return path, TableMapping()


def workbook(path: Path, rows: Rows) -> tuple[Path, TableMapping]:
    """A sheet with a title above its header, seconds as numbers."""
    book = openpyxl.Workbook()
    for row in (["Auswertung"], [], ["Verhalten", "Beginn [s]", "Ende [s]"]):
        book.active.append(row)
    for start, stop, _, _, name in rows:
        book.active.append([name, start, stop])
    path = path.with_suffix(".xlsx")
    book.save(path)
    return path, TableMapping()


def clocks(path: Path, rows: Rows) -> tuple[Path, TableMapping]:
    """Clock times without a header, parted by commas."""
    lines = [
        f"{clock_text(start)},{clock_text(stop)},{quoted(name, ',')}"
        for start, stop, _, _, name in rows
    ]
    path = path.with_suffix(".csv")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path, TableMapping()


def frames(path: Path, rows: Rows) -> tuple[Path, TableMapping]:
    """Frames from 1, of which the last is included, in columns of any names."""
    lines = ["eins|zwei|drei"]
    lines += [f"{a + 1}|{b}|{quoted(name, '|')}" for _, _, a, b, name in rows]
    path = path.with_suffix(".csv")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    mapping = TableMapping(
        start="eins", stop="2", label="drei", unit="frame", first_frame=1,
        inclusive=True,
    )  # fmt: skip
    return path, mapping


SAVERS: list[Saver] = [german, unicode_text, workbook, clocks, frames]


def there_and_back(
    save: Saver, value: Segmentation, times: FrameTimes, folder: Path
) -> list[str]:
    rows: Rows = []
    for start, stop, name in LabelledVideo("a", value, CLASSES, times).named():
        a, b = times.edges_s(np.array([start, stop])).tolist()
        rows.append((a, b, start, stop, name))
    path, mapping = save(folder / "Tabelle", rows)
    file = AnyTable().read_file(path, ReadOptions(table=mapping))
    found = framed(joined(file.tracks), times, path.name)
    assert (found.n_overlaps, found.n_short, found.n_off) == (0, 0, 0)
    names = [""] * found.n_frames
    for start, stop, said in found.pieces:
        names[start:stop] = [said.name] * (stop - start)
    return names


@pytest.mark.parametrize("save", SAVERS)
@pytest.mark.parametrize("rate", [25, 30000 / 1001, 60000 / 1001, 120])
@settings(
    max_examples=examples(10),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_every_frame_comes_back_at_a_steady_rate(
    tmp_path: Path, save: Saver, rate: float, data: st.DataObject
) -> None:
    value = data.draw(labels().filter(lambda s: s.n_frames > 1))
    table_s = np.round(np.arange(value.n_frames) / rate * 90_000) / 90_000
    times = FrameTimes.of_table(table_s)
    found = there_and_back(save, value, times, tmp_path)
    assert found == names_by_frame(value, CLASSES)


@pytest.mark.parametrize("save", SAVERS)
@settings(
    max_examples=examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_every_frame_comes_back_at_a_variable_rate(
    tmp_path: Path, save: Saver, data: st.DataObject
) -> None:
    value = data.draw(labels().filter(lambda s: s.n_frames > 1))
    n, some = value.n_frames, st.sampled_from([0.005, 0.0167, 0.04, 0.5, 2.0])
    lengths_s = data.draw(st.lists(some, min_size=n, max_size=n))
    times = FrameTimes.of_table(np.concatenate([[0.0], np.cumsum(lengths_s)[:-1]]))
    found = there_and_back(save, value, times, tmp_path)
    assert found == names_by_frame(value, CLASSES)


@pytest.mark.parametrize("save", SAVERS)
def test_a_boundary_that_is_one_frame_off_is_noticed(
    tmp_path: Path, save: Saver
) -> None:
    times = FrameTimes.even(40, 120)
    value = Segmentation.from_frames([0] * 20 + [1] * 20)
    moved = Segmentation.from_frames([0] * 21 + [1] * 19)
    found = there_and_back(save, moved, times, tmp_path)
    wanted = names_by_frame(value, CLASSES)
    assert [n for n in range(40) if found[n] != wanted[n]] == [20]
