"""Lines of text about a run or a library as a whole."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcsearch.output.counts import counted, shown_size
from mcsearch.output.times import ago
from mcsearch.paths import shown

if TYPE_CHECKING:  # slow to import
    from mcsearch.records.roots import RootRules
    from mcsearch.records.runs import CaptionReport, ForgetReport, IndexReport, Profile, ReadReport, SidecarReport
    from mcsearch.records.status import LibraryStatus, RootStatus, TorchBuild

_WORTH_SAYING_S = 3.0  # of loading a model


def summary(report: IndexReport) -> str:
    """Return a summary of an index run, with its time, and with the command that lists failures if there are any."""
    kinds = ("new", "changed", "moved", "removed", "failed")
    listed = [f"{count:,} {kind}" for kind in kinds if (count := getattr(report, kind))]
    read = [f"facts of {counted(report.facts_read, 'photo')} read again"] if report.facts_read else []
    read += [f"text of {counted(report.texts_read, 'photo')} read"] if report.texts_read else []
    if not listed and not report.embedded and read:
        text = f"{', '.join(read)} in {report.seconds:.1f} s."
        return text[0].upper() + text[1:]
    if not listed and not report.embedded:
        return _nothing_new(report)
    if not listed:  # with --force, or with another model
        listed = [f"{counted(report.embedded, 'photo')} embedded with {report.model}"]
    elif report.unchanged:
        listed.append(f"{report.unchanged:,} unchanged")
    text = f"{', '.join(listed)} in {report.seconds:.1f} s"
    if report.embedded:
        load_s = report.profile.load_s if report.profile is not None else 0.0
        loading = f"{load_s:.0f} s to load the model, then " if load_s >= _WORTH_SAYING_S else ""
        text += f" ({loading}{report.photos_per_second:.1f} photos/s)"
    text = ", ".join([text, *read])
    if report.damaged:
        which = "1 photo is" if report.damaged == 1 else f"{report.damaged:,} photos are"
        text += f"\n{which} damaged, but shown as far as possible. To list damaged photos: mcsearch failures"
    if report.failed:
        text += "\nTo list the files that could not be read: mcsearch failures"
    return text


def _nothing_new(report: IndexReport) -> str:
    photos = [counted(report.unchanged, "photo")] if report.unchanged else []
    if report.unreadable:
        unreadable = f"{counted(report.unreadable, 'file')} that cannot be read"
        which = "it" if report.unreadable == 1 else "them"
        return f"Nothing has changed: {', and '.join([*photos, unreadable])}. To list {which}: mcsearch failures"
    return f"Nothing has changed: {photos[0]}." if photos else "No photos found."


def profile_lines(profile: Profile | None) -> Iterator[str]:
    """Yield lines with the time of each stage of an index run, and the engine and settings it ran with."""
    if profile is None:
        yield "No photos had to be embedded, so there is nothing to profile."
        return
    yield f"Scan and compare   {profile.scan_s:8.2f} s"
    yield f"Read and hash      {profile.read_s:8.2f} s  total of {profile.workers} workers"
    yield f"Decode             {profile.decode_s:8.2f} s  total of {profile.workers} workers"
    yield f"Load the engine    {profile.load_s:8.2f} s"
    yield f"Wait for photos    {profile.engine_wait_s:8.2f} s  by the engine"
    yield f"Engine             {profile.engine_s:8.2f} s"
    yield f"Store              {profile.store_s:8.2f} s"
    yield (
        f"Ran on {profile.engine}, {profile.device}, {profile.precision}: {profile.streams} streams, "
        f"batches of {profile.batch_size} photos, {profile.workers} decode workers"
    )


def read_summary(report: ReadReport) -> str:
    """Return a sentence about the text that was read in photos."""
    if not report.settled:
        return "The text in all these photos has been read before."
    text = f"{counted(report.read, 'photo')} read, {report.with_text:,} with text, in {report.seconds:.1f} s."
    if report.failed:
        text += f" {counted(report.failed, 'photo')} could not be read."
    if report.changed:
        text += f" {counted(report.changed, 'photo')} changed since the last run of mcsearch index."
    return text


def caption_summary(report: CaptionReport) -> str:
    """Return a sentence about the captions that a model wrote."""
    if not report.settled:
        return f"All these photos have a caption by {report.model}."
    text = f"{counted(report.written, 'caption')} written by {report.model} in {report.seconds:.1f} s."
    if report.failed:
        text += f" {counted(report.failed, 'photo')} could not be read."
    if report.changed:
        text += f" {counted(report.changed, 'photo')} changed since the last run of mcsearch index."
    return text


def sidecar_summary(report: SidecarReport, *, dry_run: bool, what: str = "tags") -> str:
    """Return a summary of the changes to sidecars; `what` is written to them."""
    would = "would be " if dry_run else ""
    counts = (
        (report.written, f"{would}written"),
        (report.deleted, f"{would}deleted"),
        (report.skipped, "skipped"),
        (report.unchanged, "unchanged"),
    )
    listed = [(count, done) for count, done in counts if count]
    if not listed:
        return f"No photo has {what} to write."
    (count, done), *more = listed
    return ", ".join([f"{counted(count, 'sidecar')} {done}", *(f"{count:,} {done}" for count, done in more)])


def status_lines(status: LibraryStatus, torch: TorchBuild | None = None) -> Iterator[str]:
    """Yield the contents of a library and the installed torch, one fact on each line."""
    yield f"Library   {shown(status.file)} ({shown_size(status.size_bytes)})"
    yield f"Photos    {status.photos:,}"
    for model in status.models:
        yield f"Model     {model.name}: {counted(model.photos, 'photo')}{' (default)' if model.default else ''}"
    yield f"Tags      {status.tags:,}"
    yield f"Failures  {status.failures:,}"
    for root in status.roots:
        yield f"Root      {root_line(root)}"
    if torch is not None:
        line = f"Torch     {torch.version}"
        if torch.cuda_bytes:
            line += f" with CUDA libraries, {shown_size(torch.cuda_bytes)}"
            line += "" if torch.has_gpu else "; this machine has no GPU for them: see docs/installing.md"
        yield line


def root_line(root: RootStatus, *, present: bool = True) -> str:
    """Return one line about a root: its photos, when it was indexed, and its rules."""
    indexed = f"indexed {ago(root.indexed_at)}" if root.indexed_at else "not indexed to the end yet"
    line = f"{shown(root.path)}: {counted(root.photos, 'photo')}, {indexed}"
    if root.rules and root.rules.exclude:
        line += f", without {' '.join(map(shown, root.rules.exclude))}"
    if root.rules and root.rules.hidden:
        line += ", with hidden files"
    if root.rules and root.rules.videos:
        line += ", with videos"
    if root.rules and root.rules.any_suffix:
        line += ", with any suffix"
    if root.rules and root.rules.read:
        line += ", with the text in photos"
    if root.rules and root.rules.previews:
        line += ", by previews"
    if root.rules and root.rules.raw_pairs == "both":
        line += ", with both files of RAW pairs"
    return line if present else f"{line} (not there now)"


def forgotten(report: ForgetReport, rules: RootRules | None) -> str:
    """Return a summary of what was forgotten.

    If a remaining root contains the path, it includes the command that excludes the path; `rules` are that root's.
    """
    parts = [
        counted(report.photos, "photo"),
        f"{counted(report.failed, 'file')} that could not be read",
        counted(report.companions, "companion file"),
    ]
    numbers = (report.photos, report.failed, report.companions)
    told = [part for part, number in zip(parts, numbers, strict=True) if number] or parts[:1]
    text = f"Forgot {', '.join(told[:-1])}{' and ' if told[:-1] else ''}{told[-1]}."
    if report.roots:
        text += f" No longer indexed: {', '.join(map(shown, report.roots))}."
    if report.still_in is not None:
        left_out = os.path.relpath(report.path, report.still_in).replace(os.sep, "/")
        globs = [*(rules.exclude if rules else ()), _as_glob(left_out)]
        options = " ".join(f"--exclude {shlex.quote(glob)}" for glob in globs)
        text += f" Indexing {shown(report.still_in)} again would add them again. To exclude them permanently: "
        text += shown(f"mcsearch index {shlex.quote(report.still_in)} {options}")
    return text


def _as_glob(path: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", path)
