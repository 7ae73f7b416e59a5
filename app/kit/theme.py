"""Colour the window: greys for all that is not data, one accent; four schemes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.kit.settings import Scheme, Settings
from skelseg_core.bundled import resource


@dataclass(frozen=True)
class Theme:
    """Hold the colours of one scheme: three surfaces, text, lines, accent.

    ``line`` parts surfaces and may be soft; ``edge`` outlines what can be operated.
    ``stroke_px`` is the width of both. ``panel`` tells the schemes apart.
    """

    window: str
    panel: str
    raised: str
    text: str
    dim: str
    line: str
    edge: str
    accent: str
    on_accent: str
    warn: str
    error: str
    good: str
    surround: str
    stroke_px: int = 1


DARK = Theme(
    window="#1b1c1e",
    panel="#232528",
    raised="#2c2f33",
    text="#e4e6e8",
    dim="#9aa0a8",
    line="#3d4147",
    edge="#787e86",
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
    dim="#4d5359",
    line="#c3c7cc",
    edge="#787d83",
    accent="#1562bd",
    on_accent="#ffffff",
    warn="#805300",
    error="#b3261e",
    good="#1b7039",
    surround="#c9ccd0",
)
CONTRAST_DARK = Theme(
    window="#000000",
    panel="#000000",
    raised="#141414",
    text="#ffffff",
    dim="#dcdcdc",
    line="#b4b4b4",
    edge="#ffffff",
    accent="#ffd60a",
    on_accent="#000000",
    warn="#ffc861",
    error="#ff9b94",
    good="#7fe3a0",
    surround="#000000",
    stroke_px=2,
)
CONTRAST_LIGHT = Theme(
    window="#ffffff",
    panel="#ffffff",
    raised="#f2f2f2",
    text="#000000",
    dim="#2b2b2b",
    line="#4a4a4a",
    edge="#000000",
    accent="#003ea8",
    on_accent="#ffffff",
    warn="#573700",
    error="#8a0f0a",
    good="#0b4d22",
    surround="#ffffff",
    stroke_px=2,
)
SMALL = 0.9
"""Size of what is secondary, as a share of the usual text."""
THEMES = (DARK, LIGHT, CONTRAST_DARK, CONTRAST_LIGHT)


def is_dark() -> bool:
    """Tell whether the dark scheme is on."""
    return QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def current() -> Theme:
    """Return the colours of the scheme that is on."""
    shown = QGuiApplication.palette().color(QPalette.ColorRole.Window).name()
    found = next((t for t in THEMES if t.panel == shown), None)
    return found or (DARK if is_dark() else LIGHT)


def wanted(scheme: Scheme) -> Theme:
    """Return the colours that a choice means; ``system`` asks the desktop."""
    hints = QGuiApplication.styleHints()
    if scheme == "system":
        dark = hints.colorScheme() != Qt.ColorScheme.Light
        high = _wants_contrast()
    else:
        dark, high = scheme.endswith("dark"), scheme.startswith("contrast")
    if high:
        return CONTRAST_DARK if dark else CONTRAST_LIGHT
    return DARK if dark else LIGHT


def _wants_contrast() -> bool:
    hints = QGuiApplication.styleHints()
    # Qt tells since 6.10.
    if not hasattr(hints, "accessibility"):
        return False
    wish: Qt.ContrastPreference = hints.accessibility().contrastPreference()
    return wish == Qt.ContrastPreference.HighContrast


def apply(application: QApplication, scheme: Scheme) -> None:
    """Switch the whole program to a scheme; ``system`` follows the desktop."""
    theme = wanted(scheme)
    application.setPalette(_palette(theme))
    application.setStyleSheet(_sheet(theme, application.font().pointSizeF() * SMALL))


class Follower(QObject):
    """Follow the colour scheme of the desktop, where the user chose ``system``."""

    def __init__(self, application: QApplication, settings: Settings) -> None:
        super().__init__(application)
        self._application, self._settings = application, settings
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._on_changed)
        if hasattr(hints, "accessibility"):
            hints.accessibility().contrastPreferenceChanged.connect(self._on_changed)

    def _on_changed(self, _: object) -> None:
        if self._settings.scheme == "system" and wanted("system") != current():
            apply(self._application, "system")


def set_tone(widget: QWidget, tone: str) -> None:
    """Colour a widget's text: ``dim``, ``warn``, ``error``, ``good``, or as usual.

    The sheet of the scheme knows the tones: the text follows when another is chosen.
    """
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, theme.panel),
        (role.Base, theme.raised),
        (role.AlternateBase, theme.panel),
        (role.Button, button_colour(theme)),
        (role.ToolTipBase, theme.raised),
        (role.Text, theme.text),
        (role.WindowText, theme.text),
        (role.ButtonText, theme.text),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.dim),
        (role.Mid, groove_colour(theme)),
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


def groove_colour(theme: Theme) -> str:
    """Colour the groove of a bar; apart from the surface, too, in high contrast."""
    if theme.stroke_px == 1:
        return theme.line
    return _mixed(theme.text, theme.panel, 0.45)


def _faded(theme: Theme) -> QColor:
    return QColor(faded(theme))


def faded(theme: Theme) -> str:
    """Return the colour of disabled controls, far from the text in any scheme."""
    return _mixed(theme.dim, theme.panel, 0.5)


def _mixed(colour: str, ground: str, share: float) -> str:
    """Mix a share 0..1 of one colour into another."""
    a, b = QColor(colour), QColor(ground)
    pairs = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(y + (x - y) * share) for x, y in pairs)).name()


def button_colour(theme: Theme) -> str:
    """Colour the buttons that Qt's style draws, in high contrast without outline."""
    if theme.stroke_px == 1:
        return theme.raised
    return _mixed(theme.text, theme.panel, 0.26)


def _arrow(theme: Theme) -> str:
    """Return the path of the arrow of combo boxes; its ``@2x`` file lies beside it."""
    light = QColor(theme.text).lightness() > 128
    return resource(f"icons/arrow-{'light' if light else 'dark'}.png").as_posix()


def _sheet(theme: Theme, small_pt: float) -> str:
    # In high contrast all grounds are black: lines separate the parts.
    gap = 4 if theme.stroke_px == 1 else theme.stroke_px
    edge = f"{theme.stroke_px}px solid {theme.edge}"
    line = f"{theme.stroke_px}px solid {theme.line}"
    focus = f"{theme.stroke_px}px solid {theme.accent}"
    tones = "".join(
        f"QLabel[tone='{tone}'], QToolButton[tone='{tone}'] {{ color: {colour}; }}\n"
        for tone, colour in (
            ("dim", theme.dim),
            ("warn", theme.warn),
            ("error", theme.error),
            ("good", theme.good),
        )
    )
    return f"""
    {tones}
    QLabel[tone='dim'], QToolTip {{ font-size: {small_pt:.1f}pt; }}
    MessageBar {{ background: {theme.raised}; border: {line};
        border-left: 4px solid {theme.accent}; border-radius: 4px; }}
    MessageBar[warning="true"] {{ border-left-color: {theme.warn}; }}
    QMainWindow {{ background: {theme.window}; }}
    QMainWindow::separator {{ width: {gap}px; height: {gap}px;
        background: {theme.line if theme.stroke_px > 1 else theme.window}; }}
    QMainWindow::separator:hover {{ background: {theme.line}; }}
    QMenuBar {{ background: {theme.window}; padding: 1px 4px; }}
    QMenuBar::item {{ padding: 6px 8px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {theme.raised}; }}
    QMenu {{ background: {theme.raised}; padding: 4px;
        border: {line}; }}
    QMenu::item {{ padding: 4px 24px 4px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QMenu::item:disabled {{ color: {faded(theme)}; }}
    QMenu::separator {{ height: 1px; background: {theme.line}; margin: 4px 8px; }}
    QDockWidget {{ color: {theme.dim}; font-weight: 600; }}
    QDockWidget::title {{ background: {theme.panel}; padding: 8px 12px 4px 12px; }}
    QToolBar {{ background: {theme.window}; border: none; padding: 0; margin: 0; }}
    QToolTip {{ background: {theme.raised}; color: {theme.text};
        border: {line}; padding: 4px; }}
    QPushButton {{ background: {theme.raised}; border: {edge};
        border-radius: 4px; padding: 4px 12px; min-height: 18px; }}
    QPushButton:hover, QPushButton:focus {{ border-color: {theme.accent}; }}
    QPushButton[quiet="true"] {{ background: transparent; border: none;
        padding: 4px 8px; text-align: left; }}
    QPushButton[quiet="true"]:disabled {{ background: transparent; border: none;
        color: {theme.dim}; }}
    QPushButton[quiet="true"]:hover, QPushButton[quiet="true"]:focus {{
        background: {theme.raised}; }}
    QPushButton:disabled {{ color: {faded(theme)}; background: {theme.panel};
        border-color: {faded(theme)}; }}
    QPushButton:default, QPushButton[primary="true"] {{ background: {theme.accent};
        border-color: {theme.accent}; color: {theme.on_accent}; }}
    QPushButton[primary="true"] {{ font-weight: 600; }}
    QPushButton[primary="true"]:focus {{ border-color: {theme.text}; }}
    QPushButton:default:disabled, QPushButton[primary="true"]:disabled {{
        background: {theme.panel};
        border-color: {faded(theme)}; color: {faded(theme)}; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QToolButton {{ border: none; border-radius: 4px; padding: 4px; }}
    QToolButton:hover {{ background: {theme.raised}; }}
    QToolButton:focus {{ border: {focus}; padding: {4 - theme.stroke_px}px; }}
    QToolButton:checked {{ background: {theme.raised}; color: {theme.accent}; }}
    QToolButton[page="true"] {{ color: {theme.dim}; padding: 6px 12px;
        font-weight: 600; }}
    QToolButton[page="true"]:checked {{ color: {theme.text}; }}
    QAbstractSpinBox {{ min-height: 26px; }}
    QAbstractSpinBox > QLineEdit {{ border: none; border-radius: 0;
        background: transparent; padding: 0 6px; }}
    QLineEdit, QPlainTextEdit, QComboBox {{ background: {theme.raised};
        border: {edge}; border-radius: 4px; padding: 4px 8px;
        selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QComboBox {{ min-height: 18px; padding-right: 4px; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url({_arrow(theme)}); width: 12px; height: 12px; }}
    QComboBox:hover, QComboBox:on {{ border-color: {theme.accent}; }}
    QComboBox:disabled {{ color: {theme.dim}; background: {theme.panel};
        border-color: {theme.line}; }}
    QComboBox QAbstractItemView {{ background: {theme.raised}; border: {line};
        padding: 4px; selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{
        border-color: {theme.accent}; }}
    QCheckBox::indicator:unchecked, QListView::indicator:unchecked,
    QTableView::indicator:unchecked {{ width: 12px; height: 12px;
        background: {theme.raised}; border: {edge}; border-radius: 2px; }}
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
    QHeaderView::up-arrow, QHeaderView::down-arrow {{ width: 0; height: 0; }}
    QTableCornerButton::section {{ background: {theme.panel}; border: none;
        border-bottom: 1px solid {theme.line}; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    QListView::item:selected {{ color: {theme.text}; background: {theme.raised}; }}
    QTreeView::item {{ padding: 4px; }}
    QTreeView::item:selected {{ color: {theme.text};
        background: {_mixed(theme.accent, theme.panel, 0.3)}; }}
    QTreeView {{ border: 1px solid transparent; }}
    QTreeView:focus {{ border-color: {theme.accent}; }}
    QListView[several="true"] {{ background: {theme.raised}; border: {edge};
        border-radius: 4px; }}
    QListView[several="true"]:focus {{ border-color: {theme.accent}; }}
    QListView[several="true"]::item:selected {{
        background: {_mixed(theme.accent, theme.panel, 0.3)}; }}
    QListWidget::item {{ padding: 4px 8px; }}
    StartView QListView {{ background: transparent; }}
    QTextBrowser {{ background: {theme.panel}; border: none; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QTabBar::tab {{ color: {theme.dim}; padding: 4px 12px; border: none;
        border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {theme.text};
        border-bottom-color: {theme.accent}; }}
    Card {{ background: {theme.panel}; border: {line}; border-radius: 8px;
        padding: 0; text-align: left; }}
    Card:hover, Card:focus {{ background: {theme.raised};
        border-color: {theme.accent}; }}
    Card QLabel {{ background: transparent; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QProgressBar {{ background: {theme.raised}; border: none; border-radius: 3px;
        max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; }}
    QScrollBar::handle {{ background: {theme.edge}; border-radius: 5px;
        min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {theme.dim}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    """
