"""Everything about the classes: labelling by name, changing them, their files."""

from __future__ import annotations

from app.kit.commands import Entry, separator
from app.services.class_editor import ClassEditor
from app.views.classes.classes import ClassesView
from app.views.dialogs.dialogs import Dialogs


def class_entries(
    view: ClassesView, verbs: ClassEditor, dialogs: Dialogs
) -> list[Entry]:
    """What is done with the class that is selected in the list, and with all."""
    menu = "C&lasses"

    def chosen() -> bool:
        return view.current is not None

    def some() -> bool:
        return bool(view.selected)

    def several() -> bool:
        return chosen() and len(verbs.label_map) > 1

    def load() -> None:
        path = dialogs.class_file()
        if path is not None:
            verbs.load(path)

    def save() -> None:
        path = dialogs.new_class_file()
        if path is not None:
            verbs.save(path)

    return [
        Entry("class-find", menu, "Label by name…", ("/",), view.find_class),
        separator(menu),
        Entry("class-add", menu, "New class", (), view.add),
        Entry("class-rename", menu, "Rename the class", (), view.rename, chosen),
        Entry("class-color", menu, "Colour of the class…", (), view.choose_color, some),
        Entry("class-describe", menu, "Describe the class…", (), view.describe, chosen),
        Entry("class-merge", menu, "Merge the class into…", (), view.merge, several),
        Entry("class-delete", menu, "Delete the class…", (), view.delete, several),
        separator(menu),
        Entry("class-import", menu, "Import classes…", (), load),
        Entry("class-export", menu, "Export classes…", (), save),
    ]
