<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>Plurals</name>
    <message numerus="yes">
        <source>{n} segment(s) left out in all videos.</source>
        <translation>
            <numerusform>{n} segment left out in all videos.</numerusform>
            <numerusform>{n} segments left out in all videos.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>New project with {n} pose file(s)…</source>
        <translation>
            <numerusform>New project with the poses in {file}…</numerusform>
            <numerusform>New project with {n} pose files…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Custom: {n} keypoint(s)…</source>
        <translation>
            <numerusform>Custom: {n} keypoint…</numerusform>
            <numerusform>Custom: {n} keypoints…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and {n} pose file(s)</source>
        <translation>
            <numerusform>and {file}</numerusform>
            <numerusform>and {n} pose files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{file} names {n} keypoint(s). Everything below is a guess: check it.</source>
        <translation>
            <numerusform>{file} names {n} keypoint. Everything below is a guess: check it.</numerusform>
            <numerusform>{file} names {n} keypoints. Everything below is a guess: check it.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{name}: {n} keypoint(s)</source>
        <translation>
            <numerusform>{name}: {n} keypoint</numerusform>
            <numerusform>{name}: {n} keypoints</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>1–0 label {n} segment(s)</source>
        <translation>
            <numerusform>1–0 label {n} segment</numerusform>
            <numerusform>1–0 label {n} segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Accuracy {accuracy} on {n} frame(s) whose labels the model did not get. It got the others, so there is no edit score or F1.</source>
        <translation>
            <numerusform>Accuracy {accuracy} on {n} frame whose labels the model did not get. It got the others, so there is no edit score or F1.</numerusform>
            <numerusform>Accuracy {accuracy} on {n} frames whose labels the model did not get. It got the others, so there is no edit score or F1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Mark {n} frame(s) as absent</source>
        <translation>
            <numerusform>Mark {n} frame as absent</numerusform>
            <numerusform>Mark {n} frames as absent</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} point(s)</source>
        <translation>
            <numerusform>{n} point</numerusform>
            <numerusform>{n} points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Mark {n} segment(s) as reviewed</source>
        <translation>
            <numerusform>Mark {n} segment as reviewed</numerusform>
            <numerusform>Mark {n} segments as reviewed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Accuracy {accuracy}, edit score {edit}, F1@50 {f1} on {n} frame(s)</source>
        <translation>
            <numerusform>Accuracy {accuracy}, edit score {edit}, F1@50 {f1} on {n} frame</numerusform>
            <numerusform>Accuracy {accuracy}, edit score {edit}, F1@50 {f1} on {n} frames</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video} has only {n} frame(s). Is it the right file?</source>
        <translation>
            <numerusform>{video} has only {n} frame. Is it the right file?</numerusform>
            <numerusform>{video} has only {n} frames. Is it the right file?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Trained {when} on {n} video(s)</source>
        <translation>
            <numerusform>Trained {when} on {n} video</numerusform>
            <numerusform>Trained {when} on {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Add {n} video(s)</source>
        <translation>
            <numerusform>Add {n} video</numerusform>
            <numerusform>Add {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Add {n} video(s) to {to}</source>
        <translation>
            <numerusform>Add {n} video to {to}</numerusform>
            <numerusform>Add {n} videos to {to}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete {n} segment(s)</source>
        <translation>
            <numerusform>Delete {n} segment</numerusform>
            <numerusform>Delete {n} segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Exported {n} file(s) to {out}.</source>
        <translation>
            <numerusform>Exported {n} file to {out}.</numerusform>
            <numerusform>Exported {n} files to {out}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Done with {n} video(s)</source>
        <translation>
            <numerusform>Done with {n} video</numerusform>
            <numerusform>Done with {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not done with {n} video(s)</source>
        <translation>
            <numerusform>Not done with {n} video</numerusform>
            <numerusform>Not done with {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>People in {n} video(s)</source>
        <translation>
            <numerusform>People in {n} video</numerusform>
            <numerusform>People in {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Person ids in {n} video(s)</source>
        <translation>
            <numerusform>Person ids in {n} video</numerusform>
            <numerusform>Person ids in {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Remove {n} video(s)</source>
        <translation>
            <numerusform>Remove {n} video</numerusform>
            <numerusform>Remove {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Removed {n} video(s) from the project. You can undo this.</source>
        <translation>
            <numerusform>Removed {n} video from the project. You can undo this.</numerusform>
            <numerusform>Removed {n} videos from the project. You can undo this.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Wrote {n} row(s) to {out}.</source>
        <translation>
            <numerusform>Wrote {n} row to {out}.</numerusform>
            <numerusform>Wrote {n} rows to {out}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} label(s) of {classes}</source>
        <translation>
            <numerusform>{n} label of {classes}</numerusform>
            <numerusform>{n} labels of {classes}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Group of {n} class(es)</source>
        <translation>
            <numerusform>Group of {n} class</numerusform>
            <numerusform>Group of {n} classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Import {n} pose file(s) ({video})</source>
        <translation>
            <numerusform>Import poses of {video}</numerusform>
            <numerusform>Import {n} pose files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Keys of {n} class(es)</source>
        <translation>
            <numerusform>Keys of {n} class</numerusform>
            <numerusform>Keys of {n} classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Label {n} segment(s) {name}</source>
        <translation>
            <numerusform>Label {n} segment {name}</numerusform>
            <numerusform>Label {n} segments {name}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} file(s): {formats}.</source>
        <translation>
            <numerusform>One file: {formats}.</numerusform>
            <numerusform>{n} files: {formats}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Imported labels of {n} video(s). You can undo this.</source>
        <translation>
            <numerusform>Imported labels of {n} video. You can undo this.</numerusform>
            <numerusform>Imported labels of {n} videos. You can undo this.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>By your corrections, {n} more label(s) would change, for example “{old}” to “{new}” at {time}. In one video of nine it made the rest worse; Undo removes it.</source>
        <translation>
            <numerusform>By your corrections, {n} more label would change, “{old}” to “{new}” at {time}. In one video of nine it made the rest worse; Undo removes it.</numerusform>
            <numerusform>By your corrections, {n} more labels would change, for example “{old}” to “{new}” at {time}. In one video of nine it made the rest worse; Undo removes it.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The model changed {n} frame(s) around here. Check them.</source>
        <translation>
            <numerusform>The model changed {n} frame around here. Check it.</numerusform>
            <numerusform>The model changed {n} frames around here. Check them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Mark {n} segment(s) as undecided</source>
        <translation>
            <numerusform>Mark {n} segment as undecided</numerusform>
            <numerusform>Mark {n} segments as undecided</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Merge {n} segment(s)</source>
        <translation>
            <numerusform>Merge {n} segment</numerusform>
            <numerusform>Merge {n} segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Model {model} is ready, trained on {n} video(s). You can pre-label with it while its accuracy is measured.</source>
        <translation>
            <numerusform>Model {model} is ready, trained on {n} video. You can pre-label with it while its accuracy is measured.</numerusform>
            <numerusform>Model {model} is ready, trained on {n} videos. You can pre-label with it while its accuracy is measured.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>New project from {n} label file(s)…</source>
        <translation>
            <numerusform>New project from the labels in {file}…</numerusform>
            <numerusform>New project from {n} label files…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>New project with {n} video(s)…</source>
        <translation>
            <numerusform>New project with this video…</numerusform>
            <numerusform>New project with {n} videos…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>No range was marked, so the whole video is “{name}” now ({n} frame(s)). Undo this, or mark it as reviewed if it is right.</source>
        <translation>
            <numerusform>No range was marked, so the whole video is “{name}” now ({n} frame). Undo this, or mark it as reviewed if it is right.</numerusform>
            <numerusform>No range was marked, so the whole video is “{name}” now ({n} frames). Undo this, or mark it as reviewed if it is right.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Read {n} class list(s) ({file})</source>
        <translation>
            <numerusform>Read classes of {file}</numerusform>
            <numerusform>Read {n} class lists</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Read {n} label file(s) ({video})</source>
        <translation>
            <numerusform>Read the labels of {video}</numerusform>
            <numerusform>Read {n} label files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Recovered {n} edit(s) from an interrupted session.</source>
        <translation>
            <numerusform>Recovered {n} edit from an interrupted session.</numerusform>
            <numerusform>Recovered {n} edits from an interrupted session.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} older step(s) can no longer be undone</source>
        <translation>
            <numerusform>{n} older step can no longer be undone</numerusform>
            <numerusform>{n} older steps can no longer be undone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Last sign {n} day(s) ago.</source>
        <translation>
            <numerusform>Last sign {n} day ago.</numerusform>
            <numerusform>Last sign {n} days ago.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Last sign {n} hour(s) ago.</source>
        <translation>
            <numerusform>Last sign {n} hour ago.</numerusform>
            <numerusform>Last sign {n} hours ago.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Last sign {n} minute(s) ago.</source>
        <translation>
            <numerusform>Last sign {n} minute ago.</numerusform>
            <numerusform>Last sign {n} minutes ago.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The label file(s) of {n} video(s) are missing ({names}). Put them back and look again, restore them with File &gt; Backups…, or give them up.</source>
        <translation>
            <numerusform>The label file of {names} is missing. Put it back and look again, restore it with File &gt; Backups…, or give it up.</numerusform>
            <numerusform>The label files of {n} videos are missing ({names}). Put them back and look again, restore them with File &gt; Backups…, or give them up.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} label file(s) have labels, but no track in the project ({names}). Bring them back, or move the files away.</source>
        <translation>
            <numerusform>{names} has labels, but no track in the project. Bring it back, or move the file away.</numerusform>
            <numerusform>{n} label files have labels, but no track in the project ({names}). Bring them back, or move the files away.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Bring back {n} track(s)</source>
        <translation>
            <numerusform>Bring back {n} track</numerusform>
            <numerusform>Bring back {n} tracks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} more video(s) have damaged label files.</source>
        <translation>
            <numerusform>{n} more video has damaged label files.</numerusform>
            <numerusform>{n} more videos have damaged label files.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Others changed {n} video(s) ({names}). You see them as they are now.</source>
        <translation>
            <numerusform>Others changed {names}. You see it as it is now.</numerusform>
            <numerusform>Others changed {n} videos ({names}). You see them as they are now.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} video(s) were changed here and elsewhere at once ({names}). Labels that differ are in a lane of their own. The other files, with their notes, are in the folder {folder}.</source>
        <translation>
            <numerusform>{names} was changed here and elsewhere at once. Labels that differ are in a lane of their own. The other file, with its notes, is in the folder {folder}.</numerusform>
            <numerusform>{n} videos were changed here and elsewhere at once ({names}). Labels that differ are in a lane of their own. The other files, with their notes, are in the folder {folder}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The {n} selected segment(s) were out of sight. Press the key again to change them, or {key} to deselect.</source>
        <translation>
            <numerusform>The selected segment was out of sight. Press the key again to change it, or {key} to deselect.</numerusform>
            <numerusform>The {n} selected segments were out of sight. Press the key again to change them, or {key} to deselect.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Times by timestamps in {known} of {n} video(s), else by mean rate</source>
        <translation>
            <numerusform>Times by timestamps in {known} of {n} video, else by mean rate</numerusform>
            <numerusform>Times by timestamps in {known} of {n} videos, else by mean rate</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Mark {n} strip(s) as reviewed</source>
        <translation>
            <numerusform>Mark {n} strip as reviewed</numerusform>
            <numerusform>Mark {n} strips as reviewed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about {n} minute(s) left</source>
        <translation>
            <numerusform>about {n} minute left</numerusform>
            <numerusform>about {n} minutes left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{labelled} of {n} frame(s) labelled, {reviewed} reviewed</source>
        <translation>
            <numerusform>{labelled} of {n} frame labelled, {reviewed} reviewed</numerusform>
            <numerusform>{labelled} of {n} frames labelled, {reviewed} reviewed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} class(es)</source>
        <translation>
            <numerusform>{n} class</numerusform>
            <numerusform>{n} classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} difference(s)</source>
        <translation>
            <numerusform>{n} difference</numerusform>
            <numerusform>{n} differences</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} frame(s)</source>
        <translation>
            <numerusform>{n} frame</numerusform>
            <numerusform>{n} frames</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} frame(s) undecided</source>
        <translation>
            <numerusform>{n} frame undecided</numerusform>
            <numerusform>{n} frames undecided</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} frame(s); the labels are unknown</source>
        <translation>
            <numerusform>{n} frame; the labels are unknown</numerusform>
            <numerusform>{n} frames; the labels are unknown</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} doubtful label(s)</source>
        <translation>
            <numerusform>{n} doubtful label</numerusform>
            <numerusform>{n} doubtful labels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} frame(s) copied from a pre-label and reviewed by nobody. A model learns from those around what you changed.</source>
        <translation>
            <numerusform>{n} frame copied from a pre-label and reviewed by nobody. A model learns from those around what you changed.</numerusform>
            <numerusform>{n} frames copied from a pre-label and reviewed by nobody. A model learns from those around what you changed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} frame(s) of them unreviewed</source>
        <translation>
            <numerusform>{n} frame of them unreviewed</numerusform>
            <numerusform>{n} frames of them unreviewed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} item(s) skipped</source>
        <translation>
            <numerusform>{n} item skipped</numerusform>
            <numerusform>{n} items skipped</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} more item(s) to review.</source>
        <translation>
            <numerusform>{n} more item to review.</numerusform>
            <numerusform>{n} more items to review.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} disagreement(s) skipped.</source>
        <translation>
            <numerusform>{n} disagreement skipped.</numerusform>
            <numerusform>{n} disagreements skipped.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} item(s) looked at</source>
        <translation>
            <numerusform>{n} item looked at</numerusform>
            <numerusform>{n} items looked at</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s)</source>
        <translation>
            <numerusform>{n} segment</numerusform>
            <numerusform>{n} segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} step(s) cannot be undone: others changed them.</source>
        <translation>
            <numerusform>{n} step cannot be undone: others changed it.</numerusform>
            <numerusform>{n} steps cannot be undone: others changed them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} step(s)</source>
        <translation>
            <numerusform>{n} step</numerusform>
            <numerusform>{n} steps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s) are marked as wrong.</source>
        <translation>
            <numerusform>{n} strip is marked as wrong.</numerusform>
            <numerusform>{n} strips are marked as wrong.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s) are covered: uncover them</source>
        <translation>
            <numerusform>{n} strip is covered: uncover it</numerusform>
            <numerusform>{n} strips are covered: uncover them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) of the last page marked as reviewed.</source>
        <translation>
            <numerusform>{n} segment of the last page marked as reviewed.</numerusform>
            <numerusform>{n} segments of the last page marked as reviewed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s): ready in {s} s</source>
        <translation>
            <numerusform>{n} strip: ready in {s} s</numerusform>
            <numerusform>{n} strips: ready in {s} s</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} video(s) were found.</source>
        <translation>
            <numerusform>{n} video was found.</numerusform>
            <numerusform>{n} videos were found.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{sentence} (It happened {n} time(s).)</source>
        <translation>
            <numerusform>{sentence} (It happened {n} time.)</numerusform>
            <numerusform>{sentence} (It happened {n} times.)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video} is pre-labelled without your labels: {n} segment(s), all by the model. “Copy the prediction” copies them where you labelled nothing.</source>
        <translation>
            <numerusform>{video} is pre-labelled without your labels: {n} segment, all by the model. “Copy the prediction” copies them where you labelled nothing.</numerusform>
            <numerusform>{video} is pre-labelled without your labels: {n} segments, all by the model. “Copy the prediction” copies them where you labelled nothing.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video} is pre-labelled: {n} segment(s). “Copy the prediction” copies them. Your labels stay.</source>
        <translation>
            <numerusform>{video} is pre-labelled: {n} segment. “Copy the prediction” copies it. Your labels stay.</numerusform>
            <numerusform>{video} is pre-labelled: {n} segments. “Copy the prediction” copies them. Your labels stay.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video}: poses from {file}, with a person in {found} of {n} frame(s).</source>
        <translation>
            <numerusform>{video}: poses from {file}, with a person in {found} of {n} frame.</numerusform>
            <numerusform>{video}: poses from {file}, with a person in {found} of {n} frames.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video}: filled in {n} frame(s) in the order of your labels. </source>
        <translation>
            <numerusform>{video}: filled in {n} frame in the order of your labels. </numerusform>
            <numerusform>{video}: filled in {n} frames in the order of your labels. </numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video}: filled in {n} frame(s) segment by segment, not in the order of your labels. </source>
        <translation>
            <numerusform>{video}: filled in {n} frame segment by segment, not in the order of your labels. </numerusform>
            <numerusform>{video}: filled in {n} frames segment by segment, not in the order of your labels. </numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video}: {n} label(s) changed by the order of {source}. The model alone agrees in {share} % of the frames. If this is low, the order may not fit this video; you can undo it. The model's labels still need review.</source>
        <translation>
            <numerusform>{video}: {n} label changed by the order of {source}. The model alone agrees in {share} % of the frames. If this is low, the order may not fit this video; you can undo it. The model's labels still need review.</numerusform>
            <numerusform>{video}: {n} labels changed by the order of {source}. The model alone agrees in {share} % of the frames. If this is low, the order may not fit this video; you can undo it. The model's labels still need review.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video}: {n} segment(s) from {file}.</source>
        <translation>
            <numerusform>{video}: {n} segment from {file}.</numerusform>
            <numerusform>{video}: {n} segments from {file}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{what} begins {n} frame(s) earlier in {other}: {to}, not {frame}</source>
        <translation>
            <numerusform>{what} begins {n} frame earlier in {other}: {to}, not {frame}</numerusform>
            <numerusform>{what} begins {n} frames earlier in {other}: {to}, not {frame}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{what} begins {n} frame(s) later in {other}: {to}, not {frame}</source>
        <translation>
            <numerusform>{what} begins {n} frame later in {other}: {to}, not {frame}</numerusform>
            <numerusform>{what} begins {n} frames later in {other}: {to}, not {frame}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Of your last {n} correction(s) it would have avoided {fixed}, and caused {broken} new ones.</source>
        <translation>
            <numerusform>Of your last {n} correction it would have avoided {fixed}, and caused {broken} new ones.</numerusform>
            <numerusform>Of your last {n} corrections it would have avoided {fixed}, and caused {broken} new ones.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{model} has pre-labelled {n} untouched video(s).</source>
        <translation>
            <numerusform>{model} has pre-labelled {n} untouched video.</numerusform>
            <numerusform>{model} has pre-labelled {n} untouched videos.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>It lacks {n} video(s), whose labels stay as they are.</source>
        <translation>
            <numerusform>It lacks {n} video, whose labels stay as they are.</numerusform>
            <numerusform>It lacks {n} videos, whose labels stay as they are.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Its pre-labels of {n} video(s) stay.</source>
        <translation>
            <numerusform>Its pre-labels of {n} video stay.</numerusform>
            <numerusform>Its pre-labels of {n} videos stay.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Pre-label {n} video(s)</source>
        <translation>
            <numerusform>Pre-label {n} video</numerusform>
            <numerusform>Pre-label {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Poses of {n} video(s)</source>
        <translation>
            <numerusform>Poses of {n} video</numerusform>
            <numerusform>Poses of {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{model} has pre-labelled {n} video(s). Your labels did not change.</source>
        <translation>
            <numerusform>{model} has pre-labelled {n} video. Your labels did not change.</numerusform>
            <numerusform>{model} has pre-labelled {n} videos. Your labels did not change.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The poses of {n} video(s) are ready.</source>
        <translation>
            <numerusform>The poses of {n} video are ready.</numerusform>
            <numerusform>The poses of {n} videos are ready.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} video(s) failed. See Jobs to try again.</source>
        <translation>
            <numerusform>{n} video failed. See Jobs to try again.</numerusform>
            <numerusform>{n} videos failed. See Jobs to try again.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) were not all on the screen: play them.</source>
        <translation>
            <numerusform>{n} segment was not all on the screen: play it.</numerusform>
            <numerusform>{n} segments were not all on the screen: play them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) have ends to look at: {key} goes there.</source>
        <translation>
            <numerusform>{n} segment has an end to look at: {key} goes there.</numerusform>
            <numerusform>{n} segments have ends to look at: {key} goes there.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) too long for a strip: play them.</source>
        <translation>
            <numerusform>{n} segment is too long for a strip: play it.</numerusform>
            <numerusform>{n} segments are too long for a strip: play them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) are right (Return)</source>
        <translation>
            <numerusform>{n} segment is right (Return)</numerusform>
            <numerusform>{n} segments are right (Return)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s): class right (Return)</source>
        <translation>
            <numerusform>{n} strip: class right (Return)</numerusform>
            <numerusform>{n} strips: class right (Return)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s): boundary right (Return)</source>
        <translation>
            <numerusform>{n} strip: boundary right (Return)</numerusform>
            <numerusform>{n} strips: boundary right (Return)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Fill in {n} video(s)</source>
        <translation>
            <numerusform>Fill in {n} video</numerusform>
            <numerusform>Fill in {n} videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Filled in {n} video(s) like your labels</source>
        <translation>
            <numerusform>Filled in {n} video like your labels</numerusform>
            <numerusform>Filled in {n} videos like your labels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in {n} other(s).</source>
        <translation>
            <numerusform>in {n} other.</numerusform>
            <numerusform>in {n} others.</numerusform>
        </translation>
    </message>
</context>
</TS>
