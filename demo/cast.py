"""Who appears in the demo clips, and how each clip is lit and furnished."""

from __future__ import annotations

from dataclasses import dataclass

from demo.body import Body
from demo.space import Table

CLASSES = (
    "stand",
    "walk",
    "reach",
    "open cabinet",
    "close cabinet",
    "open drawer",
    "close drawer",
    "pick up",
    "carry cup",
    "carry cutlery",
    "carry plate",
    "place",
)


@dataclass(frozen=True)
class Subject:
    """A person: body, pace (1 is ordinary), handedness, looks."""

    name: str
    body: Body
    pace: float
    hand: int
    skin: str
    hair: str
    style: str
    shirt: str
    trousers: str
    shoes: str
    long_sleeves: bool = False
    apron: str = ""
    skirt: bool = False
    beard: bool = False
    glasses: bool = False


LEFT, RIGHT = 0, 1

SUBJECTS = {
    s.name: s
    for s in (
        Subject(
            "anna", Body(204, 0.95), 1.05, LEFT, "#f2c4a0", "#7a3f1d", "bun",
            "#e4572e", "#2f4b7c", "#f5f1e8", long_sleeves=True,
        ),
        Subject(
            "ben", Body(219, 1.1), 0.92, LEFT, "#e0aa82", "#2b2118", "short",
            "#3a7d7c", "#4a4238", "#d9822b", apron="#f0e6d2", beard=True,
        ),
        Subject(
            "chloe", Body(199, 0.92), 1.16, RIGHT, "#8d5a3b", "#1d1512", "curly",
            "#f2b632", "#7b3f61", "#ffffff", skirt=True,
        ),
        Subject(
            "david", Body(213, 1.02), 1.0, RIGHT, "#f4cfb4", "#c98b3a", "short",
            "#5b6fb5", "#30343f", "#b23a48", long_sleeves=True, glasses=True,
        ),
        Subject(
            "emi", Body(195, 0.93), 1.1, LEFT, "#f0c8a4", "#191a24", "bob",
            "#8fb996", "#3d405b", "#e07a5f", apron="#e9d8a6",
        ),
        Subject(
            "farid", Body(216, 1.05), 0.96, RIGHT, "#b97b50", "#17120f", "short",
            "#b5446e", "#44546a", "#f4f4f4", beard=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """Colours and light of a clip: colour of the light, whether it is dark."""

    wall: str
    cabinet: str
    floor: str
    cloth: str
    cup: str
    napkin: str
    light: tuple[float, float, float]
    evening: bool = False


MORNING, NOON, CLOUDY, EVENING = (
    (1.03, 1.0, 0.93),
    (1.02, 1.02, 1.0),
    (0.94, 0.97, 1.01),
    (0.98, 0.89, 0.77),
)


@dataclass(frozen=True)
class Clip:
    """One clip: who, whether it ships labelled, its seed, its kitchen."""

    id: str
    subject: str
    labelled: bool
    seed: int
    table: Table
    look: Look


CLIPS = (
    Clip("anna-1", "anna", True, 11, Table(316, cloth=26),
         Look("#f3e3c8", "#7fa99b", "#d6a772", "#fdf8ee", "#e63946", "#2a9d8f",
              MORNING)),
    Clip("anna-2", "anna", True, 12, Table(300),
         Look("#dbe7e4", "#e8d8b9", "#b98a62", "#a86f42", "#f77f00", "#3a5ba0", NOON)),
    Clip("ben-1", "ben", True, 13, Table(326),
         Look("#f6dcc8", "#5f7fa8", "#c99867", "#8b5a36", "#e63946", "#ffb703", NOON)),
    Clip("chloe-1", "chloe", True, 14, Table(310, cloth=32),
         Look("#d9e3ee", "#f2efe6", "#a9805e", "#d7e8f7", "#d62828", "#2a9d8f",
              CLOUDY)),
    Clip("david-1", "david", True, 15, Table(320),
         Look("#efe3cf", "#8c6f5a", "#c39a70", "#9c6b43", "#f77f00", "#3a86c8", EVENING,
              evening=True)),
    Clip("ben-2", "ben", False, 16, Table(306, cloth=26),
         Look("#e2ead6", "#6d8f74", "#cfa378", "#fbeee0", "#e4572e", "#3a5ba0",
              CLOUDY)),
    Clip("emi-1", "emi", False, 17, Table(318),
         Look("#f7e1d7", "#4f6d7a", "#d0a06c", "#94623b", "#e63946", "#2a9d8f",
              MORNING)),
    Clip("farid-1", "farid", False, 18, Table(312, cloth=30),
         Look("#e9e2f0", "#9c8aa5", "#b58d68", "#fff6e6", "#f77f00", "#3a86c8", EVENING,
              evening=True)),
)  # fmt: skip
