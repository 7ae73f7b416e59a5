"""Theme: greys for everything that is not data, one accent, dark and light."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.settings import Scheme


@dataclass(frozen=True)
class Theme:
    """The colours of one scheme; three surfaces, text, lines, accent."""

    window: str
    panel: str
    raised: str
    text: str
    dim: str
    line: str
    accent: str
    on_accent: str
    warn: str
    error: str
    good: str
    surround: str


DARK = Theme(
    window="#1b1c1e",
    panel="#232528",
    raised="#2c2f33",
    text="#e4e6e8",
    dim="#9aa0a8",
    line="#3d4147",
    accent="#4d9bf5",
    on_accent="#0b1220",
    warn="#e0a33a",
    error="#f0716a",
    good="#5dbb7a",
    surround="#101113",
)
LIGHT = Theme(
    window="#e6e8ea",
    panel="#f3f4f5",
    raised="#ffffff",
    text="#1d2023",
    dim="#5b6168",
    line="#c3c7cc",
    accent="#1667c7",
    on_accent="#ffffff",
    warn="#8a5a00",
    error="#b3261e",
    good="#1f7a3f",
    surround="#c9ccd0",
)


def is_dark() -> bool:
    """Whether the dark scheme is on."""
    return QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def current() -> Theme:
    """The colours of the scheme that is on."""
    return DARK if is_dark() else LIGHT


def apply(application: QApplication, scheme: Scheme) -> None:
    """Switch the whole program to a scheme; ``system`` follows the desktop."""
    hints = application.styleHints()
    if scheme == "system":
        dark = hints.colorScheme() != Qt.ColorScheme.Light
    else:
        dark = scheme == "dark"
    theme = DARK if dark else LIGHT
    application.setStyle("Fusion")
    application.setPalette(_palette(theme))
    application.setStyleSheet(_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, theme.panel),
        (role.Base, theme.raised),
        (role.AlternateBase, theme.panel),
        (role.Button, theme.raised),
        (role.ToolTipBase, theme.raised),
        (role.Text, theme.text),
        (role.WindowText, theme.text),
        (role.ButtonText, theme.text),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.dim),
        (role.Mid, theme.line),
        (role.Dark, theme.window),
        (role.Shadow, theme.surround),
        (role.Light, theme.raised),
        (role.Midlight, theme.line),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Link, theme.accent),
        (role.Accent, theme.accent),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, _faded(theme))
    return palette


def _faded(theme: Theme) -> QColor:
    return QColor(_mixed(theme.dim, theme.panel, 0.5))


def _mixed(colour: str, ground: str, share: float) -> str:
    """A share 0..1 of one colour on another."""
    a, b = QColor(colour), QColor(ground)
    pairs = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(y + (x - y) * share) for x, y in pairs)).name()


def _sheet(theme: Theme) -> str:
    return f"""
    QMainWindow, QMainWindow::separator {{ background: {theme.window}; }}
    QMainWindow::separator {{ width: 4px; height: 4px; }}
    QMainWindow::separator:hover {{ background: {theme.line}; }}
    QMenuBar {{ background: {theme.window}; padding: 2px 4px; }}
    QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {theme.raised}; }}
    QMenu {{ background: {theme.raised}; padding: 4px;
        border: 1px solid {theme.line}; }}
    QMenu::item {{ padding: 4px 24px 4px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QMenu::item:disabled {{ color: {theme.dim}; }}
    QMenu::separator {{ height: 1px; background: {theme.line}; margin: 4px 8px; }}
    QDockWidget {{ color: {theme.dim}; font-weight: 600; }}
    QDockWidget::title {{ background: {theme.panel}; padding: 8px 12px 4px 12px; }}
    QStatusBar {{ background: {theme.window}; color: {theme.dim}; }}
    QStatusBar::item {{ border: none; }}
    QToolTip {{ background: {theme.raised}; color: {theme.text};
        border: 1px solid {theme.line}; padding: 4px; }}
    QPushButton {{ background: {theme.raised}; border: 1px solid {theme.line};
        border-radius: 4px; padding: 4px 12px; min-height: 18px; }}
    QPushButton:hover {{ border-color: {theme.dim}; }}
    QPushButton:disabled {{ color: {theme.dim}; background: {theme.panel}; }}
    QPushButton:default, QPushButton[primary="true"] {{ background: {theme.accent};
        border-color: {theme.accent}; color: {theme.on_accent}; font-weight: 600; }}
    QPushButton[primary="true"]:disabled {{ background: {theme.panel};
        border-color: {theme.line}; color: {theme.dim}; }}
    QToolButton {{ border: none; border-radius: 4px; padding: 4px; }}
    QToolButton:hover {{ background: {theme.raised}; }}
    QToolButton:checked {{ background: {theme.raised}; color: {theme.accent}; }}
    QComboBox {{ min-height: 22px; }}
    QLineEdit, QPlainTextEdit {{ background: {theme.raised};
        border: 1px solid {theme.line}; border-radius: 4px; padding: 4px 8px;
        selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QLineEdit:focus, QPlainTextEdit:focus {{ border-color: {theme.accent}; }}
    QListView, QTreeView, QTableView {{ background: {theme.panel}; border: none;
        outline: none; }}
    QListView::item {{ border-radius: 4px; }}
    QTableView {{ selection-background-color: {_mixed(theme.accent, theme.panel, 0.3)};
        selection-color: {theme.text}; }}
    QTableView::item {{ padding: 0 8px; }}
    QTableView::item:focus {{ border: 1px solid {theme.accent}; padding: 0 7px; }}
    QHeaderView, QHeaderView::section {{ background: {theme.panel}; color: {theme.dim};
        border: none; }}
    QHeaderView::section {{ border-bottom: 1px solid {theme.line};
        padding: 4px 8px; }}
    QHeaderView::section:hover {{ color: {theme.text}; }}
    QHeaderView::up-arrow, QHeaderView::down-arrow {{ width: 8px; height: 8px;
        subcontrol-origin: padding; subcontrol-position: center left; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    QProgressBar {{ background: {theme.raised}; border: none; border-radius: 3px;
        max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; }}
    QScrollBar::handle {{ background: {theme.line}; border-radius: 5px;
        min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {theme.dim}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    """
