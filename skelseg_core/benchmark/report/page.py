"""HTML page of the report: one file without scripts that loads nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from skelseg_core.benchmark.report.pictures import ReportPicture
from skelseg_core.benchmark.report.records import METRICS, ReportAbout
from skelseg_core.benchmark.report.tables import (
    KINDS,
    MISSING,
    ReportRow,
    ReportTable,
    ends,
    footnotes,
    percent,
)
from skelseg_core.benchmark.report.text import about_lines, headings

_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --panel: #f3f4f5; --text: #1d2023;
  --dim: #5b6168; --line: #c3c7cc; --accent: #1667c7; --best: #e3effb; }
@media (prefers-color-scheme: dark) {
  :root { --page: #1b1c1e; --panel: #2c2f33; --text: #e4e6e8; --dim: #a4aab2;
    --line: #3d4147; --accent: #6cb0ff; --best: #203a57; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 84rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .25rem; }
p { max-width: 46rem; margin: .25rem 0 .75rem; }
a { color: var(--accent); }
code { font-family: ui-monospace, "Cascadia Mono", Consolas, monospace;
  font-size: .9em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem;
  margin: 0 0 1rem; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 0;
  list-style: none; }
.table { overflow: auto; max-height: 85vh; border: 1px solid var(--line);
  border-radius: 6px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; text-align: left; vertical-align: baseline; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--panel);
  border-bottom: 1px solid var(--line); white-space: nowrap; font-weight: 600; }
tbody th { position: sticky; left: 0; background: var(--page); font-weight: 600;
  min-width: 9rem; overflow-wrap: anywhere; }
thead th:first-child { left: 0; z-index: 3; }
tbody + tbody > tr:first-child > * { border-top: 1px solid var(--line); }
.figure { text-align: right; white-space: nowrap; }
.spread { color: var(--dim); font-size: .8em; font-weight: 400; }
.best { background: var(--best); }
.labels, .input { color: var(--dim); }
.notes { font-size: .875rem; color: var(--dim); padding: 0; margin: .5rem 0 0;
  list-style: none; max-width: 60rem; }
figure { margin: 1.25rem 0 0; }
figure img { display: block; width: 100%; height: auto; background: #ffffff;
  border: 1px solid var(--line); border-radius: 6px; padding: .5rem; }
figcaption { font-size: .875rem; color: var(--dim); margin-top: .35rem; }
.classes { columns: 16rem; padding: 0; list-style: none; }
.classes li { break-inside: avoid; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: .9em; height: .9em; border-radius: 2px;
  margin-right: .5em; vertical-align: -.08em; border: 1px solid var(--line);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
@media print {
  :root { --page: #ffffff; --panel: #f3f4f5; --text: #000000; --dim: #444444;
    --line: #999999; --accent: #000000; --best: #eeeeee; }
  @page { size: A4 landscape; margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .table { overflow: visible; max-height: none; border: 0; break-inside: avoid; }
  thead th, tbody th { position: static; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .3rem; }
  h2 { break-after: avoid; }
  tbody, figure { break-inside: avoid; }
}
"""

_METHOD = (
    "A run is one model scored on the test videos of its fold, which it never saw in "
    "training. Figures are unweighted means over the runs of a row; ± is their "
    "standard error over the folds, whose subjects differ. Argmax is the "
    "likeliest class of each frame; decoded labels come from the same probabilities, "
    "decoded into segments. F1@k counts a segment as found where it and a true "
    "segment of its class share at least k percent of their union. Hold the pointer "
    "over a figure to see how much the runs and the means of the seeds spread."
)


def page_html(
    about: ReportAbout, tables: Sequence[ReportTable], pictures: Sequence[ReportPicture]
) -> str:
    """Write ``report.html``: tables, pictures as data URIs, and what was run.

    Parameters
    ----------
    about : ReportAbout
    tables : sequence of ReportTable
        Each becomes a section.
    pictures : sequence of ReportPicture
        Those of a table stand below it, the others in a section of their own.
    """
    free = [picture for picture in pictures if not picture.table]
    sections = [
        ("how", "How to read the figures", f"<p>{escape(_METHOD)}</p>"),
        *(
            (f"table-{n}", table.spec.title, _table_section(table, pictures))
            for n, table in enumerate(tables)
        ),
        ("videos", "Labels of single videos", "".join(map(_figure, free))),
        ("classes", "Classes", _classes(about)),
        ("folds", "Folds", _folds(about)),
        ("notes", "Notes", _list(about.notes)),
    ]
    shown = [section for section in sections if section[2]]
    title = escape(f"Benchmark of {about.project}")
    links = "".join(
        f'<li><a href="#{anchor}">{escape(name)}</a></li>' for anchor, name, _ in shown
    )
    body = "".join(
        f'<section id="{anchor}">\n<h2>{escape(name)}</h2>\n{content}\n</section>\n'
        for anchor, name, content in shown
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n"
        f'<link rel="icon" href="data:,">\n<style>{_STYLE}</style>\n</head>\n<body>\n'
        f"<header>\n<h1>{title}</h1>\n{_about(about)}</header>\n"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _about(about: ReportAbout) -> str:
    def value(name: str, text: str) -> str:
        return f"<code>{escape(text)}</code>" if name == "Command" else escape(text)

    lines = "".join(
        f"<dt>{escape(name)}</dt><dd>{value(name, text)}</dd>\n"
        for name, text in about_lines(about)
    )
    return f"<dl>\n{lines}</dl>\n"


def _table_section(table: ReportTable, pictures: Iterable[ReportPicture]) -> str:
    mine = "".join(
        _figure(p) for p in pictures if p.table == table.spec.table and not table.signed
    )
    caption = f"<p>{escape(table.spec.caption)}</p>\n" if table.spec.caption else ""
    return f"{caption}{_table(table)}{_list(footnotes(table))}{mine}"


def _table(table: ReportTable) -> str:
    head = "".join(
        f'<th scope="col"{_figure_class(n)}>{escape(name)}</th>'
        for n, name in enumerate(headings(table))
    )
    columns = zip(*ends(table).values(), strict=True)
    bodies = [_body(table, *pair) for pair in zip(table.rows, columns, strict=True)]
    label = escape(table.spec.title)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{label}">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n"
        f"{''.join(bodies)}</table>\n</div>\n"
    )


def _figure_class(column: int) -> str:
    return ' class="figure"' if column > 2 else ""


def _body(table: ReportTable, row: ReportRow, last_cells: Sequence[str]) -> str:
    """Write one model as a group of lines, one per kind of labels."""
    span = f' rowspan="{len(table.kinds)}"'
    title = f"{escape(row.title.title)}{table.mark(row)}"
    inputs = escape(row.title.inputs) or MISSING
    before = (
        f'<th scope="rowgroup"{span}>{title}</th><td class="input"{span}>{inputs}</td>'
    )
    after = "".join(f'<td class="figure"{span}>{text}</td>' for text in last_cells)
    lines = []
    for n, kind in enumerate(table.kinds):
        cells = "".join(_cell(table, row, kind, metric) for metric in METRICS)
        labels = f'<td class="labels">{KINDS[kind]}</td>'
        first, last = (before, after) if n == 0 else ("", "")
        lines.append(f"<tr>{first}{labels}{cells}{last}</tr>\n")
    return f"<tbody>\n{''.join(lines)}</tbody>\n"


def _cell(table: ReportTable, row: ReportRow, kind: str, metric: str) -> str:
    stat = row.scores[kind][metric]
    text = percent(stat.mean, table.signed)
    classes = "figure"
    if table.is_best(row, kind, metric):
        text, classes = f"<strong>{text}</strong>", "figure best"
    if stat.error is not None:
        text += f' <span class="spread">± {percent(stat.error)}</span>'
    parts = (("runs", stat.std), ("seeds", stat.std_seeds))
    known = [f"{what} ± {percent(std)}" for what, std in parts if std is not None]
    hint = f' title="{", ".join(known)}"' if known else ""
    return f'<td class="{classes}"{hint}>{text}{table.mark(row, stat)}</td>'


def _figure(picture: ReportPicture) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    caption = escape(picture.caption)
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>\n"
    )


def _list(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="notes">{items}</ul>\n' if items else ""


def _classes(about: ReportAbout) -> str:
    items = "".join(
        f'<li><span class="swatch" style="background:{escape(color)}"></span>'
        f"{n}&ensp;{escape(name)}</li>\n"
        for n, (name, color) in enumerate(
            zip(about.classes, about.colors, strict=True), start=1
        )
    )
    return f'<ul class="classes">\n{items}</ul>\n' if items else ""


def _folds(about: ReportAbout) -> str:
    lines = "".join(
        f"<dt>Fold {n}</dt><dd>{escape(', '.join(videos))}</dd>\n"
        for n, videos in enumerate(about.folds)
    )
    return f"<p>Test videos of each fold.</p>\n<dl>\n{lines}</dl>\n" if lines else ""
