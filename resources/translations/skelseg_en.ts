<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>Plurals</name>
    <message numerus="yes">
        <source>1–0 label {n} segment(s)</source>
        <translation>
            <numerusform>1–0 label {n} segment</numerusform>
            <numerusform>1–0 label {n} segments</numerusform>
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
        <source>Labels of {n} video(s) were read; Undo takes each back.</source>
        <translation>
            <numerusform>Labels of {n} video were read; Undo takes each back.</numerusform>
            <numerusform>Labels of {n} videos were read; Undo takes each back.</numerusform>
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
        <source>Tap mode: {n} tap(s)</source>
        <translation>
            <numerusform>Tap mode: {n} tap</numerusform>
            <numerusform>Tap mode: {n} taps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The label file(s) of {n} video(s) are gone ({names}), and nobody knows what they say. Put them back and look again, or give them up video by video.</source>
        <translation>
            <numerusform>The label file of {names} is gone, and nobody knows what it says. Put it back and look again, or give its labels up.</numerusform>
            <numerusform>The label files of {n} videos are gone ({names}), and nobody knows what they say. Put them back and look again, or give them up video by video.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The labels of {name} are of {n} frame(s) and {video} has {ours}: the last {last} would be left out.</source>
        <translation>
            <numerusform>The labels of {name} are of {n} frame and {video} has {ours}: the last {last} would be left out.</numerusform>
            <numerusform>The labels of {name} are of {n} frames and {video} has {ours}: the last {last} would be left out.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The labels of {name} are of {n} frame(s) and {video} has {ours}: the last {last} would stay unlabelled.</source>
        <translation>
            <numerusform>The labels of {name} are of {n} frame and {video} has {ours}: the last {last} would stay unlabelled.</numerusform>
            <numerusform>The labels of {name} are of {n} frames and {video} has {ours}: the last {last} would stay unlabelled.</numerusform>
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
        <source>{n} frame(s)</source>
        <translation>
            <numerusform>{n} frame</numerusform>
            <numerusform>{n} frames</numerusform>
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
        <source>{n} segment(s)</source>
        <translation>
            <numerusform>{n} segment</numerusform>
            <numerusform>{n} segments</numerusform>
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
        <source>{right} % of the frames right on a part of {video} that it had not seen ({n} frame(s)). On other videos it may be far less.</source>
        <translation>
            <numerusform>{right} % of the frames right on a part of {video} that it had not seen ({n} frame). On other videos it may be far less.</numerusform>
            <numerusform>{right} % of the frames right on a part of {video} that it had not seen ({n} frames). On other videos it may be far less.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{right} % of the frames right on what it had not seen ({videos}, {n} frame(s)).</source>
        <translation>
            <numerusform>{right} % of the frames right on what it had not seen ({videos}, {n} frame).</numerusform>
            <numerusform>{right} % of the frames right on what it had not seen ({videos}, {n} frames).</numerusform>
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
        <source>{video}: {n} segment(s) from {file}.</source>
        <translation>
            <numerusform>{video}: {n} segment from {file}.</numerusform>
            <numerusform>{video}: {n} segments from {file}.</numerusform>
        </translation>
    </message>
</context>
</TS>
