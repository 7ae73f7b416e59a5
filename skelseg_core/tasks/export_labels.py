"""Export of labels in any written label format, with a manifest and a data card."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from skelseg_core.choices import given
from skelseg_core.errors import ConfigError, ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.formats.descriptors import LabelFormat, WriteOptions
from skelseg_core.formats.export_manifest import MANIFEST, export_folder, manifest
from skelseg_core.formats.exported_tracks import told
from skelseg_core.formats.label_file import LabelledVideo, tracks_by_video
from skelseg_core.formats.label_losses import label_losses
from skelseg_core.formats.label_overview import written_formats
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.likeness import UNLIKE
from skelseg_core.predictions import returned
from skelseg_core.predictions.lanes import no_lane, unsaid_in_text, with_predicted
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track, missing_words, model_of_lane
from skelseg_core.said import Said, counted, listed, together
from skelseg_core.tasks.data_card import CARD, data_card
from skelseg_core.tasks.export_choices import BOTH
from skelseg_core.tasks.export_choices import ExportChoices as ExportChoices
from skelseg_core.tasks.export_result import Exported
from skelseg_core.tasks.labelled_videos import LabelledVideos
from skelseg_core.tasks.training_files import Splits, splits_of, write_features

_BOTH = ("framewise-csv", "segment-csv")


def export_labels(
    folder: ProjectFolder,
    project: Project,
    out: Path,
    choices: ExportChoices | None = None,
) -> Task[Exported]:
    """Write label files of videos, ``manifest.json`` and a data card to ``out``.

    Times come from each video's own table of timestamps, those of a recording without
    video, and those of a video that is missing, from its rate. What a person had fixed
    in a prediction has the source that it has in the annotation. All files appear,
    or none (`export_folder`).

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What is exported; ``project`` may be newer than the files.
    out : Path
        Folder; made where it is missing.
    choices : ExportChoices, optional
        By default CSV of the annotation of all videos.

    Raises
    ------
    ProjectError, FormatError, VideoError, ConfigError
        Where lanes are missing, it is not known what a person had fixed in a
        prediction, a video cannot be read, the format has no word for what is there or
        no such option, ``out`` cannot be written, or files in it are not skelseg's to
        replace.
    """
    choices = choices or ExportChoices()
    forms = formats_named(choices.format)
    _check_options(forms, choices)
    project = with_predicted(folder, project, [choices.lane])
    items, skipped = videos_with_lane(
        folder, project, choices.lane, choices.videos, choices.skip_missing
    )
    notes = [skipped_text(project, skipped, choices.lane)] if skipped else []
    made = LabelledVideos(folder, project, choices.lane, out)
    splits, note = splits_for(forms, folder, items, choices)
    notes += filter(None, [note])
    videos, about = [], []
    for n, item in enumerate(items):
        yield Progress("export", n, 2 * len(items))
        video, about_video = made.of(item)
        videos.append(replace(video, splits=splits.get(video.id, ())))
        about.append(about_video)
        if not model_of_lane(choices.lane):
            returned.keep(folder, item, "a model", video.segmentation)
    lanes = [video.segmentation for video in videos]
    doubtful = (i for i, one in zip(items, about, strict=True) if one.get("unlike"))
    unlike = [project.titled(item.id) for item in doubtful]
    if unlike:
        notes.append(Said("Doubtful pre-labels: {}, {}.", ", ".join(unlike), UNLIKE))
    lost = [*made.untimed, *losses(folder, project, items, choices, lanes)]
    names = [CARD, *_names(forms, videos, choices.options)]
    with_features = choices.features and any("features" in f.options for f in forms)
    names += ["features/"] * with_features
    replaced: list[Path] = []
    about_files = manifest(project.all_classes, about)
    with export_folder(
        out, names, about_files, replaced if choices.overwrite else None
    ) as new:
        tracks = yield from _write(new, forms, videos, choices.options)
        each = {video.id: told(video) for video in videos}
        about_files["tracks"] = {
            name: [each[track.id] for track in own]
            for name, own in tracks.items()
            if own
        }
        written = [*tracks]
        if with_features:
            features, said = yield from write_features(
                new, folder, project, items, choices.preset
            )
            written += features
            notes = [*said, *notes]
        card = data_card(folder, project, videos, forms, lost)
        atomic_write(new / CARD, (yield from card))
    yield Progress("export", len(items), len(items))
    files = tuple(out / name for name in (*written, CARD, MANIFEST))
    ids = tuple(item.id for item in items)
    about_all = how_much(project, items, choices.lane)
    return Exported(
        files, ids, skipped, tuple(replaced), (*notes, *lost), about_all, made.untimed
    )


def formats_named(kind: str) -> tuple[LabelFormat, ...]:
    """Return the formats that an export of this name writes.

    Raises
    ------
    ConfigError
        Where no label format of this name is written.
    """
    names = _BOTH if kind == BOTH else (kind,)
    found = tuple(form for form in written_formats() if form.name in names)
    if not found:
        known = ", ".join([BOTH, *(form.name for form in written_formats())])
        raise ConfigError("There is no format '{}' to write, only {}.", kind, known)
    return found


def _check_options(forms: Sequence[LabelFormat], choices: ExportChoices) -> None:
    known = {name for form in forms for name in form.options}
    for name, one in given(choices).items():
        able = [f.name for f in written_formats() if name in f.options]
        if able and name not in known:
            raise ConfigError(
                "{} has no {}; leave it out, or choose {}.",
                forms[0].title,
                one.option,
                " or ".join(able),
            )


def splits_for(
    forms: Sequence[LabelFormat],
    folder: ProjectFolder,
    items: Sequence[Track],
    choices: ExportChoices,
) -> tuple[dict[str, Splits], str]:
    """Find or make splits where a format holds them; as `splits_of`."""
    if not any("folds" in form.options for form in forms):
        return {}, ""
    return splits_of(folder, items, choices.folds)


def losses(
    folder: ProjectFolder,
    project: Project,
    items: Sequence[Track],
    choices: ExportChoices,
    lanes: Sequence[Segmentation],
) -> list[str]:
    """Write a sentence per thing in these lanes that none of the formats can hold."""
    forms = formats_named(choices.format)
    holds = {held for form in forms for held in form.holds}
    of_model = bool(model_of_lane(choices.lane))
    ids = [item.id for item in items]
    lost = [
        sentence
        for form in forms
        for sentence in form.changes(ids, project.classes, lanes, choices.options)
    ]
    lost += label_losses(forms[0].title, holds, lanes, of_model)
    if choices.lane == ANNOTATION:
        lost += _beside_lost(items, holds, forms[0].title)
    if "source" not in holds:
        lost += unsaid_in_text(folder, project, items, choices.lane)
    return lost


def _beside_lost(
    items: Sequence[Track], holds: Collection[str], title: str
) -> list[str]:
    """Write a sentence on comments and one on points, if not all of them is held."""
    lost = []
    comments = {c for item in items for c in item.video.comments}
    parts = ["who wrote them", "when"]
    if "ends" not in holds and any(c.stop > c.start + 1 for c in comments):
        parts.append("where they end")
    if any(c.done for c in comments):
        parts.append("which are done")
    what = f"{', '.join(parts[:-1])}, and {parts[-1]}"
    what = what if "comments" in holds else "them"
    if comments:
        lost.append(
            f"{counted(len(comments), 'comment')}: {title} cannot store {what}."
        )
    n = sum(len(item.marks) for item in items)
    if n and "source" not in holds:
        what = "who set them, and whether they were reviewed"
        lost.append(f"{counted(n, 'point')}: {title} cannot store {what}.")
    return lost


def in_scope(
    project: Project, choices: ExportChoices
) -> tuple[Project, ExportChoices, list[str]]:
    """Reduce a project to what an export is of, and say what is left out.

    Where the formats hold tracks and no tier is chosen, that is all tracks of the
    videos that are chosen; else the tracks of one tier.
    """
    forms = formats_named(choices.format)
    title = forms[0].title
    lost: list[str] = []
    if any("points" not in form.holds for form in forms):
        points = [t for t in project.tiers if t.kind == "points"]
        names = listed([t.name for t in points])
        if choices.tier and project.in_tier(choices.tier).tiers[0] in points:
            raise ConfigError("{} cannot store points, which {} has.", title, names)
        if points and not choices.tier:
            lost = [f"{title} cannot store points; not written: {names}."]
        project = project.without(points)
    if not choices.tier and all(form.holds_tracks for form in forms):
        named = tuple(project.matching(choices.videos))
        return project, replace(choices, videos=named), lost
    part = project.in_tier(choices.tier)
    others = [t.name for t in project.tiers if t.id != part.tiers[0].id]
    if others and not choices.tier:
        first = part.tiers[0].name
        lost.append(
            f"{title} can hold one tier, {first}; not written: {listed(others)}."
        )
    return part, choices, lost


def how_much(project: Project, items: Sequence[Track], lane: str) -> str:
    """Say how much there is, and how much of it is labelled and reviewed."""
    points = [item for item in items if project.has_points(item)]
    lanes = [item.lanes[lane] for item in items if not project.has_points(item)]
    n_videos = len({item.video_id for item in items})
    videos = counted(n_videos, "video")
    marks = [counted(sum(len(item.marks) for item in points), "point")] * bool(points)
    if not lanes:
        return Said("{}.", together(videos, *marks, between=", "))
    if n_videos < len(lanes):
        videos = Said("{} with {:,} tracks", videos, len(lanes))
    n = sum(lane.n_frames for lane in lanes)
    unlabelled = n - sum(lane.n_labelled for lane in lanes)
    segments = [s for lane in lanes for s in lane.segments if s.class_id is not None]
    unreviewed = sum(not s.reviewed for s in segments)
    missing, reviewed = Said("all labelled"), Said("all reviewed")
    if unlabelled:
        missing = Said("{:,} of them without a label", unlabelled)
    if unreviewed:
        reviewed = Said("{:,} of them not reviewed", unreviewed)
    found = counted(len(segments), "segment")
    labels = Said("{}, {}", found, reviewed) if segments else found
    frames = Said("{}, {}, {}", videos, counted(n, "frame"), missing)
    return Said("{}.", together(frames, labels, *marks, between="; "))


# -- files --------------------------------------------------------------------------


def one_by_one(form: LabelFormat, options: WriteOptions) -> bool:
    """Tell whether a format writes a file per video, which needs no other video."""
    if "single_table" in form.options:
        return not options.single_table
    return type(form).write_files is LabelFormat.write_files


def _names(
    forms: Sequence[LabelFormat], videos: Sequence[LabelledVideo], options: WriteOptions
) -> list[str]:
    """List the files that are known before anything is written."""
    each = [form for form in forms if one_by_one(form, options)]
    files = [
        f"{name}{form.written_suffix}" for form in each for name in form.by_file(videos)
    ]
    return [*files, *(folder for form in forms for folder in form.folders)]


def _write(
    new: Path,
    forms: Sequence[LabelFormat],
    videos: Sequence[LabelledVideo],
    options: WriteOptions,
) -> Task[dict[str, Sequence[LabelledVideo]]]:
    """Write the files of all formats; return the tracks of each, by its name."""
    written: dict[str, Sequence[LabelledVideo]] = {}

    def keep(form: LabelFormat, own: Sequence[LabelledVideo]) -> None:
        files = form.write_files(own, options)
        by_file = form.by_file(own)
        tracks = {f"{n}{form.written_suffix}": said for n, said in by_file.items()}
        alone = not tracks.keys() & files.keys()
        for name, content in files.items():
            atomic_write(new / name, content)
            written[name] = own if alone else tracks.get(name, ())

    each = [form for form in forms if one_by_one(form, options)]
    n = len(videos)
    for tracks in tracks_by_video(videos).values():
        yield Progress("export", n, 2 * len(videos))
        n += len(tracks)
        for form in each:
            keep(form, tracks)
    for form in forms:
        if form not in each:
            keep(form, videos)
    return written


# -- which videos -------------------------------------------------------------------


def videos_with_lane(
    folder: ProjectFolder,
    project: Project,
    lane: str,
    videos: Sequence[str],
    skip_missing: bool,
) -> tuple[list[Track], tuple[TrackId, ...]]:
    """Find the videos to export that have a lane, and the ids of those that lack it.

    Parameters
    ----------
    project : Project
    lane : str
    videos : sequence of str
        Ids or patterns; all where empty.
    skip_missing : bool
        Whether some may lack it.

    Raises
    ------
    ProjectError
        Where there is none to export, or some lack the lane and may not be left out;
        names all of them.
    """
    chosen = project.matching(videos)
    items = project.chosen(chosen)
    if not items:
        raise ProjectError(
            "Project {} has no videos to export; add some.", project.name
        )
    # A model is of one tier: the others have nothing of it.
    tiers = {i.tier for i in items if lane in i.lanes} or {i.tier for i in items}
    items = [i for i in items if i.tier in tiers]
    there = [i for i in items if lane in i.lanes and lane not in i.missing]
    has = {i.id for i in there}
    lacking = [i for i in items if i.id not in has]
    if not lacking or (skip_missing and there):
        return there, tuple(i.id for i in lacking)
    skip = ", or use --skip-missing to leave them out" if there else ""
    names = ", ".join(project.titled(i.id) for i in lacking)
    if all(lane in i.missing for i in lacking):
        raise ProjectError(
            "The label files of {} are {}; put them back or restore them from a "
            "backup{}.",
            names,
            missing_words(lacking),
            skip,
        )
    if there:
        raise ProjectError(
            "The lane '{}' is missing in {:,} of {} ({}); pre-label them{}.",
            lane,
            len({i.video_id for i in lacking}),
            counted(len({i.video_id for i in items}), "video"),
            names,
            skip,
        )
    raise no_lane(folder, project, items, lane)


def skipped_text(project: Project, skipped: Sequence[TrackId], lane: str) -> str:
    """Write a sentence about tracks that were left out."""
    n = counted(len({project.track(i).video_id for i in skipped}), "video")
    gone = lane == ANNOTATION  # which every video has, unless its file is gone
    why = "without label files" if gone else f"without the lane '{lane}'"
    return f"Left out {n} {why}: {', '.join(map(project.titled, skipped))}."
