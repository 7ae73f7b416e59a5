"""Tests of the translation of texts: how it is looked up, checked and refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from app.kit.language import Language, in_language, language_name, languages, speak
from app.kit.plural import plural
from skelseg_core.errors import FormatError, unreachable
from skelseg_core.said import Said, from_json, to_json
from skelseg_core.user_folders import data_folder
from tools.translation import compile_file, written, wrong

APP = Path(__file__).resolve().parents[3] / "app"
GERMAN = {
    "{} cannot be reached ({}); check its path and permissions.": (
        "Aus dem Grund {1} ist {0} nicht erreichbar."
    ),
    "A file": "Eine Datei",
    "Undo": "Zurück",
    "{} done": "fertig",
    "{n} segment(s)": "{n} Segmente",
    "{n} disagreement(s) skipped.": "{m} übergangen.",
}


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """The file of a translation with two texts that miss a place for a value."""
    path = tmp_path / "skelseg_de.ts"
    messages = []
    for source, said in GERMAN.items():
        forms, numerus = f"<translation>{said}</translation>", ""
        if "(s)" in source:
            numerus = ' numerus="yes"'
            form = f"<numerusform>{said}</numerusform>"
            forms = f"<translation>{form}{form}</translation>"
        messages.append(
            f"<message{numerus}>\n<source>{source}</source>\n{forms}\n</message>"
        )
    path.write_text(
        '<TS version="2.1" language="de"><context><name>skelseg</name>\n'
        + "\n".join(messages)
        + "\n</context></TS>\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def spoken(qapp: QApplication, german: Path) -> Iterator[None]:
    language = Language(compile_file(german), qapp)
    QCoreApplication.installTranslator(language)
    yield
    QCoreApplication.removeTranslator(language)


@pytest.mark.usefixtures("spoken")
def test_a_text_is_said_in_the_language_with_its_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert QCoreApplication.translate("AnyContext", "Undo") == "Zurück"
    assert QCoreApplication.translate("AnyContext", "Redo") == "Redo"
    error = FormatError(unreachable(OSError(5, "kaputt")))
    assert in_language(error) == "Aus dem Grund kaputt ist Eine Datei nicht erreichbar."
    assert str(error).startswith("A file cannot be reached (kaputt);")
    assert plural("{n} segment(s)", 1200) == "1,200 Segmente"
    assert in_language("a\udc80b") == "a\udc80b"
    # What has other places for values stays English, and is logged.
    with caplog.at_level(logging.WARNING):
        assert in_language(Said("{} done", 3)) == "3 done"
        assert plural("{n} disagreement(s) skipped.", 2) == "2 disagreements skipped."
    assert len(caplog.records) == 2


def test_a_text_keeps_its_values_on_its_way_between_processes() -> None:
    place = PurePosixPath("lab/07")
    said = Said("{} has {:,} frames", Said("labels of {}", place), 1200)
    sent = json.dumps(to_json({"step": said, "notes": [said], "name": "07"}))
    got = json.loads(sent, object_hook=from_json)
    assert got == {"step": said, "notes": [said], "name": "07"}
    assert got["step"].by(str.upper) == "LABELS OF lab/07 HAS 1,200 FRAMES"


def test_a_translation_with_other_places_is_refused_with_its_line(german: Path) -> None:
    assert [fault.partition(": ")[0] for fault in wrong(german)] == [
        f"{german}:16",
        f"{german}:24",
        f"{german}:24",
    ]


def test_a_file_is_updated_and_keeps_what_it_says(
    german: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools import translation

    texts = {s: translation.Text(s, "(s)" in s) for s in ("Redo", "Undo")}
    monkeypatch.setattr(translation, "texts", lambda: texts)
    found = written(german)
    assert "<translation>Zurück</translation>" in found
    assert '<source>Redo</source>\n        <translation type="unfinished">' in found
    assert '<translation type="vanished">Eine Datei</translation>' in found


def test_a_file_in_the_folder_of_the_user_is_a_language(
    qapp: QApplication, german: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = data_folder() / "translations"
    folder.mkdir(parents=True)
    (folder / "skelseg_de.qm").write_bytes(b"no translation")
    assert list(languages()) == ["de"]
    assert language_name("de") == "Deutsch (de)"
    speak(qapp, "")
    speak(qapp, "it")
    assert not caplog.records
    speak(qapp, "de")
    assert "skelseg_de.qm cannot be read" in caplog.text


def test_no_error_is_shown_without_a_translator() -> None:
    said = {
        path.name
        for path in APP.rglob("*.py")
        if "str(error)" in path.read_text(encoding="utf-8")
    }
    assert not said, "use in_language(error)"
