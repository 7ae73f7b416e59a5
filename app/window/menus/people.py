"""Who is the subject."""

from __future__ import annotations

from app.kit.commands import Entry
from app.services.subject_choice import SubjectChoice


def people_entries(people: SubjectChoice) -> list[Entry]:
    """Choosing the subject without the mouse, and taking a choice back."""
    menu = "P&ose"
    return [
        Entry(
            "subject-next",
            menu,
            "Another person is the subject",
            ("Shift+N",),
            people.next,
            lambda: people.several,
        ),
        Entry(
            "subject-forget",
            menu,
            "Forget the choice of subject here",
            (),
            people.forget,
            lambda: people.chosen,
        ),
    ]
