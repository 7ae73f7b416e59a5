<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>Plurals</name>
    <message numerus="yes">
        <source>New project with {n} pose file(s)…</source>
        <translation>
            <numerusform>New project with the poses in {file}…</numerusform>
            <numerusform>New project with {n} pose files…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Of its own: {n} keypoint(s)…</source>
        <translation>
            <numerusform>Of its own: {n} keypoint…</numerusform>
            <numerusform>Of its own: {n} keypoints…</numerusform>
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
        <source>{file} names {n} keypoint(s). Say what body they are of; what you see is a guess.</source>
        <translation>
            <numerusform>{file} names {n} keypoint. Say what body it is of; what you see is a guess.</numerusform>
            <numerusform>{file} names {n} keypoints. Say what body they are of; what you see is a guess.</numerusform>
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
        <source>{n} error(s),</source>
        <translation>
            <numerusform>{n} error,</numerusform>
            <numerusform>{n} errors,</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} warning(s),</source>
        <translation>
            <numerusform>{n} warning,</numerusform>
            <numerusform>{n} warnings,</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} note(s).</source>
        <translation>
            <numerusform>{n} note.</numerusform>
            <numerusform>{n} notes.</numerusform>
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
        <source>Accuracy {accuracy} on {n} frame(s) that the model was not given; edit score and F1 say nothing where it was given others</source>
        <translation>
            <numerusform>Accuracy {accuracy} on {n} frame that the model was not given; edit score and F1 say nothing where it was given others</numerusform>
            <numerusform>Accuracy {accuracy} on {n} frames that the model was not given; edit score and F1 say nothing where it was given others</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Accept {n} segment(s)</source>
        <translation>
            <numerusform>Accept {n} segment</numerusform>
            <numerusform>Accept {n} segments</numerusform>
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
        <source>Add {n} video(s) to {to}</source>
        <translation>
            <numerusform>Add {n} video to {to}</numerusform>
            <numerusform>Add {n} videos to {to}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Colour of {n} class(es)</source>
        <translation>
            <numerusform>Colour of {n} class</numerusform>
            <numerusform>Colour of {n} classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Colours of {n} class(es)</source>
        <translation>
            <numerusform>Colours of {n} class</numerusform>
            <numerusform>Colours of {n} classes</numerusform>
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
        <source>Who is in {n} video(s)</source>
        <translation>
            <numerusform>Who is in {n} video</numerusform>
            <numerusform>Who is in {n} videos</numerusform>
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
        <source>{n} video(s) are out of the project; Undo brings them back.</source>
        <translation>
            <numerusform>{n} video is out of the project; Undo brings it back.</numerusform>
            <numerusform>{n} videos are out of the project; Undo brings them back.</numerusform>
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
        <source>Labels of {name} lie beside yours in {found} of {n} video(s).</source>
        <translation>
            <numerusform>Labels of {name} lie beside yours in {found} of {n} video.</numerusform>
            <numerusform>Labels of {name} lie beside yours in {found} of {n} videos.</numerusform>
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
        <source>Labels of {n} video(s) were read; Undo takes them back.</source>
        <translation>
            <numerusform>Labels of {n} video were read; Undo takes them back.</numerusform>
            <numerusform>Labels of {n} videos were read; Undo takes them back.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>In the order of {source}, {n} place(s) would change. The model alone says the same in {share} % of the frames; if that is little, it may not be the order of this video.</source>
        <translation>
            <numerusform>In the order of {source}, {n} place would change. The model alone says the same in {share} % of the frames; if that is little, it may not be the order of this video.</numerusform>
            <numerusform>In the order of {source}, {n} places would change. The model alone says the same in {share} % of the frames; if that is little, it may not be the order of this video.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The model sees {n} frame(s) around here differently now; look at them.</source>
        <translation>
            <numerusform>The model sees {n} frame around here differently now; look at it.</numerusform>
            <numerusform>The model sees {n} frames around here differently now; look at them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Leave {n} segment(s) undecided</source>
        <translation>
            <numerusform>Leave {n} segment undecided</numerusform>
            <numerusform>Leave {n} segments undecided</numerusform>
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
        <source>Model {model} is ready, trained on {n} video(s); pre-label with it. How often it is right on what it has not seen is being measured.</source>
        <translation>
            <numerusform>Model {model} is ready, trained on {n} video; pre-label with it. How often it is right on what it has not seen is being measured.</numerusform>
            <numerusform>Model {model} is ready, trained on {n} videos; pre-label with it. How often it is right on what it has not seen is being measured.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>New project of {n} label file(s)…</source>
        <translation>
            <numerusform>New project of the labels in {file}…</numerusform>
            <numerusform>New project of {n} label files…</numerusform>
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
        <source>Nothing was marked, so the whole video is “{name}” now, {n} frame(s). Undo takes it back; accept the segment if that is right.</source>
        <translation>
            <numerusform>Nothing was marked, so the whole video is “{name}” now, {n} frame. Undo takes it back; accept the segment if that is right.</numerusform>
            <numerusform>Nothing was marked, so the whole video is “{name}” now, {n} frames. Undo takes it back; accept the segment if that is right.</numerusform>
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
        <source>Recovered {n} edit(s) of a session that was cut off.</source>
        <translation>
            <numerusform>Recovered {n} edit of a session that was cut off.</numerusform>
            <numerusform>Recovered {n} edits of a session that was cut off.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} edit(s) that were not saved belong to {folder}: bring them in here?</source>
        <translation>
            <numerusform>{n} edit that was not saved belongs to {folder}: bring it in here?</numerusform>
            <numerusform>{n} edits that were not saved belong to {folder}: bring them in here?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} edit(s) that were not saved were made in {folder}, which is not there now; its disk may be away. Bring them in here, or leave them for there?</source>
        <translation>
            <numerusform>{n} edit that was not saved was made in {folder}, which is not there now; its disk may be away. Bring it in here, or leave it for there?</numerusform>
            <numerusform>{n} edits that were not saved were made in {folder}, which is not there now; its disk may be away. Bring them in here, or leave them for there?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} earlier step(s) cannot be undone: what they made was changed by others since.</source>
        <translation>
            <numerusform>{n} earlier step cannot be undone: what it made was changed by others since.</numerusform>
            <numerusform>{n} earlier steps cannot be undone: what they made was changed by others since.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Tap mode: {n} tap(s)</source>
        <translation>
            <numerusform>Tap mode: {n} tap</numerusform>
            <numerusform>Tap mode: {n} taps</numerusform>
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
        <source>The label file(s) of {n} video(s) are gone ({names}), and nobody knows what they say. Put them back and look again, restore them by File &gt; Backups…, or give them up video by video.</source>
        <translation>
            <numerusform>The label file of {names} is gone, and nobody knows what it says. Put it back and look again, restore it by File &gt; Backups…, or give its labels up.</numerusform>
            <numerusform>The label files of {n} videos are gone ({names}), and nobody knows what they say. Put them back and look again, restore them by File &gt; Backups…, or give them up video by video.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>What others changed of {n} video(s) is here now ({names}).</source>
        <translation>
            <numerusform>What others changed of {names} is here now.</numerusform>
            <numerusform>What others changed of {n} videos is here now ({names}).</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} video(s) were labelled here and elsewhere at once ({names}). One version is shown, and the other is kept.</source>
        <translation>
            <numerusform>{names} was labelled here and elsewhere at once. One version is shown, and the other is kept.</numerusform>
            <numerusform>{n} videos were labelled here and elsewhere at once ({names}). One version is shown, and the other is kept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The labels of {name} use {n} class(es) that this project does not have: {classes}.</source>
        <translation>
            <numerusform>The labels of {name} use the class '{classes}', which this project does not have.</numerusform>
            <numerusform>The labels of {name} use {n} classes that this project does not have: {classes}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The {n} selected segment(s) were out of sight. Press the key again to go on with them, {key} to select nothing.</source>
        <translation>
            <numerusform>The selected segment was out of sight. Press the key again to go on with it, {key} to select nothing.</numerusform>
            <numerusform>The {n} selected segments were out of sight. Press the key again to go on with them, {key} to select nothing.</numerusform>
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
        <source>{n} frame(s); the label file is gone</source>
        <translation>
            <numerusform>{n} frame; the label file is gone</numerusform>
            <numerusform>{n} frames; the label file is gone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} label(s) in doubt</source>
        <translation>
            <numerusform>{n} label in doubt</numerusform>
            <numerusform>{n} labels in doubt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} place(s) left alone</source>
        <translation>
            <numerusform>{n} left as it was</numerusform>
            <numerusform>{n} left as they were</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} more place(s) to look at.</source>
        <translation>
            <numerusform>{n} more place to look at.</numerusform>
            <numerusform>{n} more places to look at.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} disagreement(s) left alone.</source>
        <translation>
            <numerusform>{n} disagreement left alone.</numerusform>
            <numerusform>{n} disagreements left alone.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} place(s) looked at</source>
        <translation>
            <numerusform>{n} place looked at</numerusform>
            <numerusform>{n} places looked at</numerusform>
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
        <source>{n} step(s) cannot be undone: others changed the same.</source>
        <translation>
            <numerusform>{n} step cannot be undone: others changed the same.</numerusform>
            <numerusform>{n} steps cannot be undone: others changed the same.</numerusform>
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
        <source>{n} strip(s) are marked as not right.</source>
        <translation>
            <numerusform>{n} strip is marked as not right.</numerusform>
            <numerusform>{n} strips are marked as not right.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s) are covered: clear the sight</source>
        <translation>
            <numerusform>{n} strip is covered: clear the sight</numerusform>
            <numerusform>{n} strips are covered: clear the sight</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} strip(s) are right (Return)</source>
        <translation>
            <numerusform>{n} strip is right (Return)</numerusform>
            <numerusform>{n} strips are right (Return)</numerusform>
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
        <source>{n} video(s)</source>
        <translation>
            <numerusform>{n} video</numerusform>
            <numerusform>{n} videos</numerusform>
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
        <source>{shown} of {n} segment(s)</source>
        <translation>
            <numerusform>{shown} of {n} segment</numerusform>
            <numerusform>{shown} of {n} segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video} is pre-labelled without your labels: {n} segment(s), all the model's own. Accept takes them over where you have labelled nothing.</source>
        <translation>
            <numerusform>{video} is pre-labelled without your labels: {n} segment, all the model's own. Accept takes them over where you have labelled nothing.</numerusform>
            <numerusform>{video} is pre-labelled without your labels: {n} segments, all the model's own. Accept takes them over where you have labelled nothing.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video} is pre-labelled: {n} segment(s). Accept takes them over; what you labelled stays.</source>
        <translation>
            <numerusform>{video} is pre-labelled: {n} segment. Accept takes them over; what you labelled stays.</numerusform>
            <numerusform>{video} is pre-labelled: {n} segments. Accept takes them over; what you labelled stays.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{video}: a person in {found} of {n} frame(s) of {file}.</source>
        <translation>
            <numerusform>{video}: a person in {found} of {n} frame of {file}.</numerusform>
            <numerusform>{video}: a person in {found} of {n} frames of {file}.</numerusform>
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
        <source>{video}: filled in {n} frame(s), segment by segment: the order is not that of your labels. </source>
        <translation>
            <numerusform>{video}: filled in {n} frame, segment by segment: the order is not that of your labels. </numerusform>
            <numerusform>{video}: filled in {n} frames, segment by segment: the order is not that of your labels. </numerusform>
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
        <source>Adopt {n} convention(s)</source>
        <translation>
            <numerusform>Adopt {n} convention</numerusform>
            <numerusform>Adopt {n} conventions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Drop {n} convention(s)</source>
        <translation>
            <numerusform>Drop {n} convention</numerusform>
            <numerusform>Drop {n} conventions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) left out; pre-labels keep to it from now on.</source>
        <translation>
            <numerusform>{n} segment left out; pre-labels keep to it from now on.</numerusform>
            <numerusform>{n} segments left out; pre-labels keep to it from now on.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} segment(s) would be left out, {reviewed} of them reviewed; neighbours take their frames.</source>
        <translation>
            <numerusform>{n} segment would be left out, {reviewed} of them reviewed; its neighbours take its frames.</numerusform>
            <numerusform>{n} segments would be left out, {reviewed} of them reviewed; neighbours take their frames.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>It would have spared {fixed} of your last {n} correction(s), and made {broken} new.</source>
        <translation>
            <numerusform>It would have spared {fixed} of your last {n} correction, and made {broken} new.</numerusform>
            <numerusform>It would have spared {fixed} of your last {n} corrections, and made {broken} new.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{model} has pre-labelled {n} video(s) that nobody has touched.</source>
        <translation>
            <numerusform>{model} has pre-labelled {n} video that nobody has touched.</numerusform>
            <numerusform>{model} has pre-labelled {n} videos that nobody has touched.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The labels of {n} video(s) are not in it, and stay as they are.</source>
        <translation>
            <numerusform>The labels of {n} video are not in it, and stay as they are.</numerusform>
            <numerusform>The labels of {n} videos are not in it, and stay as they are.</numerusform>
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
        <source>{n} video(s) are pre-labelled by {model}; your labels are as they were.</source>
        <translation>
            <numerusform>{n} video is pre-labelled by {model}; your labels are as they were.</numerusform>
            <numerusform>{n} videos are pre-labelled by {model}; your labels are as they were.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The poses of {n} video(s) are there.</source>
        <translation>
            <numerusform>The poses of {n} video are there.</numerusform>
            <numerusform>The poses of {n} videos are there.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{n} video(s) failed; Jobs says why, and tries again.</source>
        <translation>
            <numerusform>{n} video failed; Jobs says why, and tries again.</numerusform>
            <numerusform>{n} videos failed; Jobs says why, and tries again.</numerusform>
        </translation>
    </message>
</context>
</TS>
