"""README and the pages of the site: short, all listed, and true of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.window.command_owners import project_table
from skelseg_core import __version__
from skelseg_core.formats.datasets import DATASET_LAYOUTS
from skelseg_core.formats.descriptors import LabelFormat
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.poses import POSE_FORMATS
from tools.site import ROOT, SEARCHED, run_lines, shell_lines, sources

README = ROOT / "README.md"
KEYS = {
    "README.md": "prelabel room room-right export help play in out",
    "docs/first-ten-minutes.md": "play in out go-to undo redo prelabel room room-again "
    "room-insert room-right room-next export help",
    "docs/troubleshooting.md": "palette fill-example save save-copy",
}
"""Commands whose keys a page names; all other pages have them filled in."""


def _listed(page: Path) -> list[str]:
    """Pages of the contents of a page, in their order."""
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text(), re.M | re.S)
    lines = "".join(blocks).splitlines()
    return [f"{line}.md" for line in lines if line and not line.startswith(":")]


def test_every_page_is_in_one_of_seven_sections() -> None:
    docs = ROOT / "docs"
    sections = _listed(docs / "index.md")
    assert len(sections) == 7
    pages = [page for name in sections for page in _listed(docs / name)]
    pages += [f"results/{page}" for page in _listed(docs / "results/README.md")]
    assert len(set(pages)) == len(pages)
    assert sorted(pages) == sorted({*sources()} - {"index.md", "readme.md", *sections})


def test_words_of_users_lead_to_pages() -> None:
    pages = {place.removeprefix("help/") for place in sources()}
    assert {*SEARCHED} <= pages
    assert {"hotkey", "kappa", "gpu", "crash"} <= {
        word for words in SEARCHED.values() for word in words.split(", ")
    }


def test_the_site_asks_no_other_address() -> None:
    assert "//" not in (ROOT / "docs/conf.py").read_text()


def test_the_lines_that_install_name_the_wheel_of_this_version() -> None:
    for name in ("README.md", "docs/install.md"):
        wheels = {
            *re.findall(r"skelseg-[\w.]+-py3-none-any", (ROOT / name).read_text())
        }
        assert wheels == {f"skelseg-{__version__}-py3-none-any"}


def test_the_readme_is_short() -> None:
    text = README.read_text()
    assert text.count("\n") <= 120
    plain = re.sub(r"```.*?```|\]\([^)]*\)", "", text, flags=re.S)
    lines = [line for line in plain.splitlines() if not line.startswith("|")]
    assert max(len(line.split()) for line in lines) <= 60


@pytest.mark.parametrize("name", KEYS)
def test_keys_that_a_page_names_are_those_of_the_program(name: str) -> None:
    text = (ROOT / name).read_text()
    keys = {c.id: c.keys[0] for c in project_table().commands if c.keys}
    missing = [i for i in KEYS[name].split() if f"`{keys[i]}`" not in text]
    assert not missing


def test_the_readme_names_all_formats_and_no_other() -> None:
    table = [line.split("|") for line in README.read_text().splitlines()]
    cells = {row[1].strip(): row[2:5] for row in table if len(row) == 6}
    for name, forms in (("labels", LABEL_FORMATS), ("poses", POSE_FORMATS)):
        titles: tuple[list[str], ...] = ([], [], [])
        for form in forms:
            read = not isinstance(form, LabelFormat) or form.is_read
            written = form.written_suffix is not None
            titles[0 if read and written else 1 if read else 2].append(form.title)
        for cell, wanted in zip(cells[name], titles, strict=True):
            assert sorted(cell.strip().split("; ")) == sorted(wanted or [""])
    named = "; ".join(cells["data sets"][:2]).split(";")
    assert {n.strip() for n in named} == {layout.title for layout in DATASET_LAYOUTS}


def test_sentences_of_troubleshooting_are_those_of_the_program() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text()
    rows = [row.split("|")[1].strip() for row in page.splitlines() if row[:1] == "|"]
    code = [*ROOT.glob("app/**/*.py"), *ROOT.glob("skelseg_core/**/*.py")]
    texts = [p.read_text() for p in [*code, *ROOT.glob("resources/*.sh")]]
    without = re.sub(r"^\s*#.*", "", "\n".join(texts), flags=re.M)
    said = re.sub(r'"\s*\n\s*f?"', "", without)
    said = re.sub(r"\{[^{}\n]*\}|\$\w+", "…", said)
    told = [row for row in rows if row not in ("it says", "---")]
    assert len(told) > 20
    assert [row for row in told if row not in said] == []


def test_the_commands_of_the_readme_run_in_their_order(tmp_path: Path) -> None:
    assert len(shell_lines(README)) >= 5
    run_lines(README, tmp_path)
