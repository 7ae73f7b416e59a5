"""Edges and sides that other tools tell of their keypoints, in pose files or beside.

- COCO: ``categories[].skeleton``, pairs of numbers from 1.
- DeepLabCut: ``skeleton`` in the ``config.yaml`` of the project around the file.
- SLEAP: the edges and symmetries of a project, the edges of an analysis file.

They are a help: where they are missing or cannot be read, a file is as good without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import SkelsegError
from skelseg_core.formats.pose_parts.pose_text import MAX_POSE_TEXT
from skelseg_core.formats.pose_parts.sleap_points import plain_text
from skelseg_core.poses.skeleton import plain_name
from skelseg_core.text_files import read_json
from skelseg_core.yaml_files import read_yaml

Names = tuple[str, str]

_AROUND = 3
"""Folders above a file of DeepLabCut in which its project is looked for."""


@dataclass(frozen=True)
class ToldSkeleton:
    """Pairs of names of keypoints: edges, and what is left and right.

    Which of a symmetric pair is the left one, a file does not say.
    """

    edges: tuple[Names, ...] = ()
    symmetries: tuple[Names, ...] = ()

    def indices(
        self, names: Iterable[str]
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Find the pairs among these keypoints; others are left out."""
        place = {plain_name(name): n for n, name in enumerate(names)}

        def found(pairs: Iterable[Names]) -> list[tuple[int, int]]:
            both = [tuple(place.get(plain_name(n), -1) for n in p) for p in pairs]
            return [(a, b) for a, b in both if min(a, b) >= 0 and a != b]

        return found(self.edges), found(self.symmetries)


def told_skeleton(path: Path, form: str) -> ToldSkeleton:
    """Read what a file of the format ``form`` tells beside its keypoints."""
    read = _READERS.get(form)
    if read is None:
        return ToldSkeleton()
    try:
        return read(path)
    except (SkelsegError, OSError, LookupError, TypeError, ValueError, AttributeError):
        return ToldSkeleton()


def _of_coco(path: Path) -> ToldSkeleton:
    raw = read_json(path, MAX_POSE_TEXT)
    for category in raw.get("categories", ()):
        names = category.get("keypoints")
        if names:
            pairs = category.get("skeleton", ())
            edges = [(str(names[a - 1]), str(names[b - 1])) for a, b in pairs]
            return ToldSkeleton(tuple(edges))
    return ToldSkeleton()


def _of_deeplabcut(path: Path) -> ToldSkeleton:
    for folder in path.absolute().parents[:_AROUND]:
        config = folder / "config.yaml"
        if config.is_file():
            pairs = read_yaml(config).get("skeleton") or ()
            return ToldSkeleton(tuple((str(a), str(b)) for a, b in pairs))
    return ToldSkeleton()


def _of_sleap(path: Path) -> ToldSkeleton:
    try:
        from sleap_io import load_slp
    except ImportError:
        return ToldSkeleton()
    try:
        skeleton = load_slp(str(path), open_videos=False).skeletons[0]
        edges = tuple((str(a), str(b)) for a, b in skeleton.edge_names)
        pairs = (sorted(str(name) for name in s) for s in skeleton.symmetry_names)
        return ToldSkeleton(edges, tuple((a, b) for a, b in pairs))
    except Exception:  # whatever a foreign reader says of a damaged file
        return ToldSkeleton()


def _of_sleap_analysis(path: Path) -> ToldSkeleton:
    try:
        import h5py
    except ImportError:
        return ToldSkeleton()
    with h5py.File(path, "r") as file:
        pairs = file["edge_names"][()].tolist() if "edge_names" in file else []
    return ToldSkeleton(tuple((plain_text(a), plain_text(b)) for a, b in pairs))


_READERS: Mapping[str, Callable[[Path], ToldSkeleton]] = {
    "coco": _of_coco,
    "dlc": _of_deeplabcut,
    "slp": _of_sleap,
    "sleap-analysis": _of_sleap_analysis,
}
