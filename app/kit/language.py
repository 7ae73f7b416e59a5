"""Say the texts of the program in the language that the person chose."""

from __future__ import annotations

import logging
from functools import cache
from itertools import count
from pathlib import Path
from string import Formatter

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from skelseg_core.bundled import resource
from skelseg_core.said import Said
from skelseg_core.user_folders import data_folder

CONTEXT = "skelseg"
"""The one context of a translation: a text is said alike wherever it stands."""
_log = logging.getLogger(__name__)


def user_folder() -> Path:
    """Return the folder into which a person puts translations."""
    return data_folder() / "translations"


def languages() -> dict[str, Path]:
    """List the translations by the code of their language; English needs none."""
    found: dict[str, Path] = {}
    for folder in (resource("translations"), user_folder()):
        for path in sorted(folder.glob("skelseg_*.qm")):
            found[path.stem.partition("_")[2]] = path
    found.pop("en", None)
    return found


def language_name(code: str) -> str:
    """Name a language in its own words, as in ``"Deutsch (de)"``."""
    return f"{QLocale(code).nativeLanguageName()} ({code})".strip()


def speak(application: QApplication, code: str) -> None:
    """Let the program speak a language from now on; English where it has no file."""
    path = languages().get(code)
    if path is None:
        return
    ours = Language(path, application)
    if not ours.is_loaded:
        _log.warning("%s cannot be read; the texts stay English", path)
        return
    application.installTranslator(ours)
    # Asked before ours: Left is a key there, and a side here.
    locale, of_qt = QLocale(code), QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if of_qt.load(locale, "qtbase", "_", folder):
        application.installTranslator(of_qt)
    application.setLayoutDirection(locale.textDirection())


class Language(QTranslator):
    """Look a text up by its English; what has other places for values stays English."""

    def __init__(self, path: Path, application: QApplication) -> None:
        super().__init__(application)
        self.is_loaded = self.load(str(path))

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """Return the text in this language; None, a null text, lets English do."""
        form = super().translate(CONTEXT, text, None, n)
        # Of the forms of a plural, one may name the thing that another one counts.
        fits = bool(form) and (n >= 0 or _fits(text, form))
        return form if fits else None  # type: ignore[return-value]


def tr(text: str) -> str:
    """Say a text of the program in the language of the person, as `QObject.tr` does."""
    return QCoreApplication.translate(CONTEXT, text)


def in_language(text: object) -> str:
    """Say a text of the core, or an error, in the language of the person."""
    text = str(text)
    if isinstance(text, Said):
        return text.by(tr)
    # Names of files may hold what is no character.
    return tr(text) if text.isprintable() else text


def places(text: str) -> list[tuple[str, str, str]] | None:
    """List the places for values in a text, in a fixed order; None if it is broken."""
    n = count()
    try:
        found = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    return sorted(
        (name or str(next(n)), spec or "", way or "") for name, spec, way in found
    )


@cache
def _fits(text: str, form: str) -> bool:
    fits = places(text) == places(form)
    if not fits:
        _log.warning("the translation of %r has other places: %r", text, form)
    return fits
