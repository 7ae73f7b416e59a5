"""Evaluation of predicted labels against true ones: accuracy, edit, F1 and mAP.

A figure counts only what a model said of a video it had not learnt from, against what a
person says. Left out, and counted, are

- videos that the model was trained on, or of a video the frames that were labelled
  then with the rest of their segments; videos that it learnt from without labels,
- frames that a person had fixed before the prediction, which the decoding keeps,
- true labels that are copied pre-labels nobody reviewed, and what a person changed here
  and there among them: these places are the model's errors alone,
- videos whose true labels began as pre-labels that a person agreed with: people agree
  with what is plausible, and what they corrected there are the model's errors alone, so
  such a video is scored by itself, as a whole, where others are left for a figure,
- other videos of people in those that the model was trained on, as far as that is said:
  they are scored by themselves where strangers are left for a figure,
- frames that a person left undecided, and those without a true label,
- predictions of which it is not known what a person had fixed (predict again).

Frames in which nobody is in the picture, as a person says, count: every class is wrong
there.

A frame that is left out counts neither for nor against. Accuracy and mAP are taken over
the other frames, wherever they stand. Edit and F1 are about segments, and the frames a
person fixed give their neighbours both class and boundary: a video with a single fixed
frame is left out of edit and F1 altogether. Stretches between fixed frames, scored by
themselves, would be given their boundaries for nothing. Accuracy is helped as well, if
little (measured on the demo: 0 to 2 points where a tenth to a half was fixed), so such
frames are counted as guided; a prediction without fixed frames has none. Frames without
a true label divide a video as `metrics` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.choices import choice, takes, tier, videos
from skelseg_core.errors import ConfigError, FormatError, ProjectError
from skelseg_core.labels.metrics import SCORES, evaluate, runs
from skelseg_core.labels.metrics import convention as convention_named
from skelseg_core.labels.segmentation import ABSENT, UNLABELLED
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.videos_and_tracks import model_of_lane
from skelseg_core.said import counted, listed
from skelseg_core.tasks.scored_labels import (
    ClassNames,
    Named,
    ProjectSide,
    ScoredSide,
    VideoLabels,
    fitted,
    open_side,
    untold,
)


@dataclass
class LeftOut:
    """Videos and frames left out of a score, and why; frames are counted once.

    Parameters
    ----------
    fixed_frames, copied_frames, mended_frames : int
        Frames that a person had fixed in the prediction; true ones that are copied
        pre-labels nobody reviewed; those that a person labelled here and there among
        such ones.
    undecided_frames, unlabelled_frames : int
        Frames that a person left undecided; those without a true label.
    training_frames : int
        Frames the model was trained on, and the rest of their segments, in videos that
        were labelled in part.
    training_videos, learnt_videos : list of Mapping
        Videos the model was trained on; those it learnt from without labels. They are
        named as by `ScoredSide.named`.
    prelabelled_videos : list of Mapping
        Videos whose true labels began as pre-labels that a person agreed with.
    unpredicted_videos : list of Mapping
        Labelled videos of a project without this prediction.
    bodiless_videos : list of Mapping
        Videos in which it is not known which figure the person is.
    fixed_videos : list of Mapping
        Videos with fixed frames, which are left out of edit and F1.
    to_review : list of Mapping
        Videos with copied frames, with the frames from ``start`` up to ``stop`` that
        are to be reviewed first.
    """

    fixed_frames: int = 0
    copied_frames: int = 0
    mended_frames: int = 0
    undecided_frames: int = 0
    unlabelled_frames: int = 0
    training_frames: int = 0
    training_videos: list[Named] = field(default_factory=list)
    learnt_videos: list[Named] = field(default_factory=list)
    prelabelled_videos: list[Named] = field(default_factory=list)
    unpredicted_videos: list[Named] = field(default_factory=list)
    bodiless_videos: list[Named] = field(default_factory=list)
    fixed_videos: list[Named] = field(default_factory=list)
    to_review: list[Mapping[str, Any]] = field(default_factory=list)

    def in_words(self) -> list[str]:
        """Write one phrase per reason that there is."""
        found = [
            _listed(self.training_videos, "that the model was trained on"),
            _counted(
                self.training_frames,
                "of partly labelled videos that the model was trained on, or of "
                "their segments",
            ),
            _listed(
                self.learnt_videos,
                "that the model was trained on without labels (train with "
                "--labelled-only to score them)",
            ),
            _listed(
                self.prelabelled_videos,
                "whose labels began as pre-labels that a person agreed with",
            ),
            _listed(self.unpredicted_videos, "without this prediction"),
            _listed(
                self.bodiless_videos,
                "in which it is not known which figure the person is (open the video, "
                "go to the person and click the figure; then predict again)",
            ),
            _counted(
                self.fixed_frames,
                "that a person had fixed in the prediction (predict with --free to "
                "score them)",
            ),
            _counted(
                self.copied_frames,
                "whose true label is a copied pre-label that nobody reviewed"
                f"{self._mended()} (to have the model scored there beside videos "
                f"labelled without one, review {self._stretches()})",
            ),
            _counted(self.undecided_frames, "that a person left undecided"),
            _counted(self.unlabelled_frames, "without a true label"),
        ]
        return [phrase for phrase in found if phrase]

    def _mended(self) -> str:
        mended = _counted(self.mended_frames, "labelled here and there among them")
        return f", and {mended}, which are the model's errors alone" if mended else ""

    def _stretches(self) -> str:
        shown = [
            f"frames {one['start']:,} to {one['stop'] - 1:,} of {named_text(one)}"
            for one in self.to_review
        ]
        return listed(shown)


def named_text(named: Named) -> str:
    """Write the name of a scored video, and of whom its labels are."""
    person = named.get("person", "")
    return f"{named['video']}: {person}" if person else named["video"]


def _listed(videos: Sequence[Named], why: str) -> str:
    if not videos:
        return ""
    more = f" and {len(videos) - 8} more" if len(videos) > 8 else ""
    n = counted(len({named["video"] for named in videos}), "video")
    return f"{n} {why}: {', '.join(map(named_text, videos[:8]))}{more}"


def _counted(n_frames: int, why: str) -> str:
    return f"{counted(n_frames, 'frame')} {why}" if n_frames else ""


@dataclass(frozen=True, eq=False)
class _Judged:
    """Labels of one video as they are scored: unlabelled where left out."""

    truth: np.ndarray
    pred: VideoLabels
    has_fixed: bool
    began_as_prelabels: bool
    people: tuple[str, ...]

    @property
    def pair(self) -> tuple[np.ndarray, np.ndarray]:
        return self.truth, self.pred.labels

    @property
    def n_frames(self) -> int:
        return int((self.truth != UNLABELLED).sum())


@dataclass(frozen=True)
class EvaluationChoices:
    """Choices of what is scored, and how.

    ``truth_lane`` is without meaning where the truth is files.
    """

    lane: str = choice(
        "", "What is scored: prediction:NAME; the only one by default.", of="lane"
    )
    truth_lane: str = choice(ANNOTATION, "The truth, if it is in a project.", of="lane")
    videos: Sequence[str] = videos()
    tier: str = tier()
    background: Sequence[str] = choice(
        (), "Class left out of edit and F1; may be repeated."
    )
    convention: str = choice(
        "half-open",
        "ms-tcn++: the last segment is a frame shorter. tcn (Lea et al.): all figures "
        "are means of videos.",
        names=lambda: ("half-open", "ms-tcn++", "tcn"),
    )
    per_video: bool = choice(False, "Also the scores of each video.")


@takes(EvaluationChoices)
def evaluate_folders(
    truth: Path, pred: Path, choices: EvaluationChoices
) -> dict[str, Any]:
    """Score the labels in ``pred`` against those of the same videos in ``truth``.

    Either is the folder of a project, or one of label files (see `scored_labels`);
    predictions without a truth are not looked at.

    Parameters
    ----------
    truth, pred : Path
        Folders.
    choices : EvaluationChoices

    Returns
    -------
    dict
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50`` in percent, None where
        nothing is left to score; ``n_videos``, ``n_tracks``,
        ``n_frames`` (those of accuracy), ``n_segments`` (true ones of edit and F1),
        ``guided_frames`` (of them those in videos with fixed frames), ``convention``,
        ``background``, ``left_out`` (of `LeftOut`) and ``notes``: sentences on what is
        not known. Where there are videos that began as pre-labels beside others,
        ``prelabelled``: the same figures and counts of these. ``known_people``: the
        same of other videos of ``people`` that the model was trained on, where there
        are videos of others beside them.
        With ``per_video`` also ``per_video``: the same figures of each video.
        A video is named by ``video``, in projects by ``tier`` and ``person`` as well.

    Raises
    ------
    FormatError
        Where a folder holds no labels, a prediction is missing or has another number
        of frames, or a file is damaged.
    ProjectError
        Where a project has no such lane or video.
    ConfigError
        Where there is no such convention or background class.
    """
    convention = choices.convention
    convention_named(convention)
    names, left, notes = ClassNames(), LeftOut(), list[str]()
    is_project = (truth / "project.json").is_file()
    true_side = open_side(
        truth,
        choices.truth_lane if is_project else "",
        names,
        "--truth-lane",
        choices.tier,
    )
    pred_side = open_side(pred, choices.lane, names, "--lane", choices.tier)
    _check_sides(true_side, pred_side)
    side = pred_side if isinstance(pred_side, ProjectSide) else true_side
    judged: dict[str, _Judged] = {}
    keys: set[str] = set()
    for video in _chosen(true_side, choices.videos):
        true = true_side.load(video)
        if not (true.labels != UNLABELLED).any():
            _count_unlabelled(true, left)
            continue
        name = side.named(video)
        found = _predicted(video, true, pred_side)
        if found is None:
            left.unpredicted_videos.append(name)
            continue
        if isinstance(pred_side, ProjectSide) and pred_side.is_of_unknown_body(video):
            left.bodiless_videos.append(name)
            continue
        notes += [*true.notes, *untold(found)]
        keys |= {found.model_key} - {""}
        one = _judge(name, true, found, left)
        if one is not None:
            judged[video] = one
    ids = _background_ids(choices.background, names)
    notes += [n for s in (true_side, pred_side) for n in _unread(s)]
    if pred_side.lane != choices.lane:
        notes.append(f"{pred_side.lane} is scored, the only prediction there is.")
    agreed = {v: one for v, one in judged.items() if one.began_as_prelabels}
    left.prelabelled_videos += map(side.named, agreed)
    judged = {v: one for v, one in judged.items() if v not in agreed}
    notes += _on_people(judged)
    known = {v: one for v, one in judged.items() if one.pred.known_people}
    judged = {v: one for v, one in judged.items() if v not in known} or judged
    guided = sum(one.n_frames for one in judged.values() if one.has_fixed)
    notes += _on_models(keys, guided, left.undecided_frames if judged else 0)
    notes += _on_absent(judged.values())
    result: dict[str, Any] = {
        **_scores(list(judged.values()), ids, convention),
        **_amounts(judged, ids, side),
        "guided_frames": guided,
        "convention": convention,
        "background": list(choices.background),
        "left_out": vars(left),
        "notes": list(dict.fromkeys(notes)),
    }
    result |= {
        name: {
            **_scores(list(group.values()), ids, convention),
            **_amounts(group, ids, side),
            **more,
        }
        for name, group, more in (
            ("prelabelled", agreed, {}),
            ("known_people", known, {"people": _known_people(known)}),
        )
        if group and judged and group.keys() != judged.keys()
    }
    if choices.per_video:
        result["per_video"] = [
            {
                **side.named(video),
                **_scores([one], ids, convention),
                "n_frames": one.n_frames,
            }
            for video, one in judged.items()
        ]
    return result


def _on_people(judged: Mapping[str, _Judged]) -> Iterator[str]:
    """Say what the figures do not know of the people in the videos."""
    if judged and all(one.pred.known_people for one in judged.values()):
        yield (
            "All of these videos show people that the model was trained on "
            f"({listed(_known_people(judged))}); the figures say nothing about other "
            "people."
        )
    # Without its key it is not known what a model learnt from, or there is none.
    of_models = [one for one in judged.values() if one.pred.model_key]
    unnamed = sum(not one.people for one in of_models)
    taught = max((one.pred.n_unnamed for one in of_models), default=0)
    where = [
        f"{n:,} of the videos {what}"
        for n, what in ((unnamed, "scored"), (taught, "that the model was trained on"))
        if n
    ]
    if where:
        yield (
            f"Nobody is named in {' and in '.join(where)}, so each counts as another "
            "person; name them with 'skelseg people'."
        )


def _known_people(judged: Mapping[str, _Judged]) -> list[str]:
    return list({p: None for one in judged.values() for p in one.pred.known_people})


def _on_models(keys: set[str], guided: int, undecided: int) -> Iterator[str]:
    if len(keys) > 1:
        yield (
            f"These predictions are of {len(keys)} different models of the same name; "
            "predict all videos again."
        )
    if guided:
        yield (
            f"Accuracy counts {counted(guided, 'frame')} decoded around what a person "
            "had fixed, so it is too high (by two points of a hundred where half was "
            "fixed); edit and F1 leave these videos out. Predict with --free for "
            "figures without such help."
        )
    if undecided:
        yield (
            f"Not scored: {counted(undecided, 'undecided frame')}. If a person left a "
            "model's mistakes undecided, all of these figures are too high."
        )


def _on_absent(judged: Iterable[_Judged]) -> Iterator[str]:
    n_frames = sum(int((one.truth == ABSENT).sum()) for one in judged)
    if n_frames:
        yield (
            f"In {counted(n_frames, 'frame')} of these a person says that nobody is in "
            "the picture: every class is wrong there."
        )


def why_nothing(scores: dict[str, Any]) -> str:
    """Say why there is no figure; empty where there is one."""
    if scores["n_videos"]:
        return ""
    left = LeftOut(**scores["left_out"])
    phrases = left.in_words()
    if left.training_videos:
        phrases.append("to keep some back, name the others with --video when you train")
    return f"Nothing is left to score; left out: {'; '.join(phrases)}."


# -- what is scored -----------------------------------------------------------------


def _check_sides(truth: ScoredSide, pred: ScoredSide) -> None:
    if not truth.videos:
        raise FormatError(
            "{} has no label files; choose the folder of a project, or one with a "
            ".txt or .csv file per video.",
            truth.path,
        )
    if model_of_lane(truth.lane):
        raise ProjectError(
            "The lane {} has the labels of a model, not a truth; choose one of a "
            "person with --truth-lane.",
            truth.lane,
        )
    if truth.lane == pred.lane and truth.path.resolve() == pred.path.resolve():
        raise ProjectError(
            "Truth and prediction are the same labels of {}; choose another lane or "
            "folder.",
            truth.path,
        )


def _chosen(truth: ScoredSide, videos: Sequence[str]) -> Iterable[str]:
    chosen = truth.matching(videos)
    for video in chosen:
        if video not in truth.videos:
            raise ProjectError(
                "There are no true labels of a video '{}' in {}, only of {}.",
                video,
                truth.path,
                ", ".join(named_text(truth.named(v)) for v in truth.videos[:8]),
            )
    return chosen or truth.videos


def _unread(side: ScoredSide) -> Sequence[str]:
    return side.unread if isinstance(side, ProjectSide) else ()


def _predicted(video: str, true: VideoLabels, side: ScoredSide) -> VideoLabels | None:
    """Load the prediction of a video; None where a project has none."""
    if video not in side.videos:
        if isinstance(side, ProjectSide):
            return None
        raise FormatError(
            "{} has no prediction for {}; pre-label this video or remove its truth.",
            side.path,
            Path(true.where).name,
        )
    return side.load(video)


def _judge(
    name: Named, true: VideoLabels, found: VideoLabels, left: LeftOut
) -> _Judged | None:
    """Leave out what must not be scored of a video; None where nothing is left."""
    n = max(len(true.labels), len(found.labels))
    true, found = fitted(true, n), fitted(found, n)
    if len(found.labels) != len(true.labels):
        raise FormatError(
            "{} has {} frames and its truth {} has {}; both must be labels of the "
            "same video.",
            found.where,
            len(found.labels),
            true.where,
            len(true.labels),
        )
    if found.learnt_unlabelled:
        left.learnt_videos.append(name)
        return None
    learnt = np.zeros(n, bool)
    if found.trained_on and found.trained_frames:
        learnt = _whole_segments(found.trained_frames, true.labels)
        learnt |= true.labels == ABSENT  # It was not learnt, but said then or since.
    elif found.trained_on:
        left.training_videos.append(name)
        return None
    left.training_frames += int(learnt.sum())
    _count_unlabelled(true, left, learnt)
    labelled = (true.labels != UNLABELLED) & ~learnt
    said = labelled & ~true.copied & ~true.mended
    kept = said & ~found.fixed
    left.copied_frames += int((labelled & true.copied).sum())
    left.mended_frames += int((labelled & true.mended).sum())
    if true.to_review:
        start, stop = true.to_review
        left.to_review.append({**name, "start": start, "stop": stop})
    left.fixed_frames += int((said & found.fixed).sum())
    has_fixed = bool(found.fixed.any())
    if has_fixed:
        left.fixed_videos.append(name)
    if not kept.any():
        return None
    began = bool((kept & true.agreed).any())
    truth = np.where(kept, true.labels, UNLABELLED)
    return _Judged(truth, found, has_fixed, began, found.people or true.people)


def _count_unlabelled(
    true: VideoLabels, left: LeftOut, counted: np.ndarray | None = None
) -> None:
    """Count frames without a label, those apart that a person left undecided."""
    missing = true.labels == UNLABELLED
    if counted is not None:
        missing &= ~counted
    left.undecided_frames += int((missing & true.undecided).sum())
    left.unlabelled_frames += int((missing & ~true.undecided).sum())


def _whole_segments(parts: Iterable[tuple[int, int]], labels: np.ndarray) -> np.ndarray:
    """Find the frames [start, stop) of some parts, and the rest of their segments.

    What is left of an action that was cut in two would count as one of its own.
    """
    frames = np.zeros(len(labels), bool)
    for start, stop in parts:
        frames[start:stop] = True
    starts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    lengths = np.diff(starts, append=len(labels))
    touched = np.logical_or.reduceat(frames & (labels != UNLABELLED), starts)
    whole: np.ndarray = frames | np.repeat(touched, lengths)
    return whole


def _background_ids(background: Sequence[str], names: ClassNames) -> list[int]:
    ids = []
    for name in background:
        found = names.id_of(name) if name else None
        if found is None:
            raise ConfigError(
                "There is no class '{}' to leave out as background; the classes are "
                "{}.",
                name,
                ", ".join(names),
            )
        ids.append(found)
    return ids


# -- figures ------------------------------------------------------------------------


def _scores(
    judged: Sequence[_Judged], background: Sequence[int], convention: str
) -> dict[str, float | None]:
    scores: dict[str, float | None] = dict.fromkeys(SCORES)
    whole = [one.pair for one in judged if not one.has_fixed]
    if whole:
        scores |= evaluate(whole, background, convention)
    if judged:
        every = [one.pair for one in judged]
        scores["accuracy"] = evaluate(every, background, convention)["accuracy"]
    return scores


def _amounts(
    judged: Mapping[str, _Judged], background: Sequence[int], side: ScoredSide
) -> dict[str, int]:
    whole = [one for one in judged.values() if not one.has_fixed]
    return {
        "n_videos": len({side.named(video)["video"] for video in judged}),
        "n_tracks": len(judged),
        "n_frames": sum(one.n_frames for one in judged.values()),
        "n_segments": sum(len(runs(one.truth, background)) for one in whole),
    }
