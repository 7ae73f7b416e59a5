"""The help window: contents, search and pages."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QTextBlockFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.commands import KeyTexts
from app.kit.labels import Label
from app.views.start.help_pages import (
    PAGES,
    HelpPage,
    find,
    help_folder,
    load_page,
    rows_by_menu,
    with_acts,
    with_keys,
)

PICTURE = "\ufffc"
"""Character that stands for a picture in a text."""
LINE_PERCENT = 130
_NAME = int(Qt.ItemDataRole.UserRole)


class HelpView(QWidget):
    """Show the help pages, with contents and search at the left.

    The window is not modal. ``key_texts`` returns the present names and keys of
    commands.
    """

    def __init__(
        self, key_texts: Callable[[], KeyTexts], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._key_texts = key_texts
        self._pages = [load_page(name) for name in PAGES]
        self.setWindowTitle(self.tr("Help – skelseg"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search the help"))
        self.search.setAccessibleName(self.tr("Search the help"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._on_return)
        self.contents = QListWidget()
        self.contents.setAccessibleName(self.tr("Contents"))
        self.contents.setWordWrap(True)
        self.contents.currentItemChanged.connect(self._on_chosen)
        self.nothing = Label(self.tr("No page has these words."))
        self.nothing.setContentsMargins(12, 8, 12, 8)
        theme.set_tone(self.nothing, "dim")
        self.page = QTextBrowser()
        self.page.setAccessibleName(self.tr("Page"))
        self.page.setOpenLinks(False)
        self.page.setSearchPaths([str(help_folder())])
        self.page.document().setDocumentMargin(24)
        self.page.anchorClicked.connect(self._on_link)
        self.shown = ""
        self._lay_out()
        # On a small screen Qt would make the window narrower than its pictures.
        self.resize(self.sizeHint().boundedTo(self.screen().availableSize()))
        self._fill(self._pages)
        find_key = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find_key.activated.connect(self._on_find)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.search)
        column.addWidget(self.nothing)
        column.addWidget(self.contents, 1)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.page)
        split.setStretchFactor(1, 1)
        split.setSizes([240, 720])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def sizeHint(self) -> QSize:
        return QSize(1000, 720)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def open_page(self, name: str) -> None:
        """Show a page, and raise the window."""
        self.search.clear()
        self._show(name)
        self.show()
        self.activateWindow()
        self.contents.setFocus()

    def refresh(self) -> None:
        """Show the page again with the present keys, at the same place."""
        bar = self.page.verticalScrollBar()
        at = bar.value()
        self._show(self.shown)
        bar.setValue(at)

    def _show(self, name: str) -> None:
        page = next(p for p in self._pages if p.name == name)
        text = self._filled(page)
        if name == "keys":
            text += rows_by_menu(self._key_texts().rows())
        self.shown = name
        self.page.setMarkdown(text)
        self._space()
        for row in range(self.contents.count()):
            item = self.contents.item(row)
            if item.data(_NAME) == name:
                blocked = self.contents.blockSignals(True)
                self.contents.setCurrentItem(item)
                self.contents.blockSignals(blocked)

    def _filled(self, page: HelpPage) -> str:
        """Return the text of a page with the present keys in it."""
        keys = self._key_texts()
        return with_keys(with_acts(page.text, keys.acting_on), keys.key)

    def _space(self) -> None:
        """Set the space between lines of text; a picture is as high as it is."""
        lines = QTextBlockFormat()
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight
        lines.setLineHeight(LINE_PERCENT, proportional.value)
        block = self.page.document().begin()
        while block.isValid():
            if PICTURE not in block.text():
                QTextCursor(block).mergeBlockFormat(lines)
            block = block.next()

    def _fill(
        self, pages: list[HelpPage], excerpts: dict[str, str] | None = None
    ) -> None:
        blocked = self.contents.blockSignals(True)
        self.contents.clear()
        for page in pages:
            text = (excerpts or {}).get(page.name, "")
            item = QListWidgetItem(f"{page.title}\n…{text}…" if text else page.title)
            item.setData(_NAME, page.name)
            self.contents.addItem(item)
        self.contents.blockSignals(blocked)
        self.nothing.setVisible(not pages)

    def _on_search(self, wanted: str) -> None:
        if not wanted.strip():
            self._fill(self._pages)
            return
        read = [HelpPage(p.name, p.title, self._filled(p)) for p in self._pages]
        found = find(read, wanted)
        self._fill([p for p, _ in found], {p.name: text for p, text in found})

    def _on_return(self) -> None:
        if self.contents.count():
            self._on_chosen(self.contents.item(0))
            self.contents.setFocus()

    def _on_find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._show(item.data(_NAME))

    def _on_link(self, url: QUrl) -> None:
        name = url.path().removesuffix(".md")
        if name in PAGES:
            self._show(name)


def page_for(widget: QWidget | None, places: dict[QWidget, str]) -> str:
    """Return the help page for a widget: that of its nearest parent with one."""
    while widget is not None:
        if widget in places:
            return places[widget]
        widget = widget.parentWidget()
    return PAGES[0]
