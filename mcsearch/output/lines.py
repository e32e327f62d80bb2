"""Results on stdout: a readable line, a JSON object, or a bare path each."""

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from mcsearch.output.summary import shown_size
from mcsearch.paths import portable, shown
from mcsearch.records import DuplicateGroup, Hit, Score, TagCount
from mcsearch.reports import SidecarChange


def write(line: str) -> None:
    """Write one line for people."""
    _write(line.encode("utf-8", "backslashreplace") + b"\n")


def write_json(record: Any, **more: Any) -> None:
    """Write a record, or a mapping, as one JSON object on one line of UTF-8.

    Bytes of a path that are no Unicode come as lone surrogates (\\udc80 to \\udcff), as Python spells
    them: os.fsencode turns them back.
    """
    fields = dataclasses.asdict(record) if dataclasses.is_dataclass(record) else dict(record)  # type: ignore[arg-type]
    text = portable(json.dumps({**fields, **more}, ensure_ascii=False))
    _write(text.encode("utf-8", "backslashreplace") + b"\n")  # \udc80 is also how JSON escapes it


def write_paths(paths: Iterable[str], end: bytes) -> None:
    """Write paths byte for byte as the system has them, each followed by `end`."""
    for path in paths:
        _write(os.fsencode(path) + end)


def write_hits(hits: Iterable[Hit]) -> None:
    """Write hits for people: the score with three decimals, or without one the date; then the path.

    On a terminal those that are not relevant are dim.
    """
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for hit in hits:
        first = f"{(hit.taken_at or '')[:16].replace('T', ' '):16}" if hit.score is None else f"{hit.score:.3f}"
        more = f"  (and {hit.stands_for - 1:,} like it)" if hit.stands_for > 1 else ""
        line = f"{first}  {shown(hit.path)}{more}"
        write(f"\x1b[2m{line}\x1b[0m" if colours and not hit.is_relevant else line)


def write_groups(groups: Iterable[DuplicateGroup]) -> None:
    """Write groups of duplicates for people: a photo a line, the best copy first, and an empty line between groups."""
    for number, group in enumerate(groups):
        if number:
            write("")
        for photo in group.photos:
            mark = "keep" if photo.keep else "extra"
            pixels = f"{photo.width}x{photo.height}" if photo.width and photo.height else ""
            date = (photo.taken_at or "")[:10]
            size = shown_size(photo.size_bytes)
            write(f"{mark:5}  {pixels:>11}  {size:>8}  {photo.format or '':9}  {date:10}  {shown(photo.path)}")


def summed_up(groups: Sequence[DuplicateGroup]) -> str:
    """How many groups and extra copies there are, and what these take on disk."""
    if not groups:
        return "no photo is there twice"
    extra = [photo for group in groups for photo in group.extra]
    freed = shown_size(sum(photo.size_bytes for photo in extra))
    plural = "" if len(groups) == 1 else "s"
    photos = "photo" if len(extra) == 1 else "photos"
    return f"{len(groups):,} group{plural}, {len(extra):,} extra {photos} that take {freed}"


def write_score(score: Score, *, with_path: bool) -> None:
    """Write a score for people: cosine, probability, text, and the path where there are several."""
    path = f"  {shown(score.path)}" if with_path else ""
    write(f"{score.score:.3f}  {score.probability:6.1%}  {shown(score.text)}{path}")


def write_counts(counts: Sequence[TagCount]) -> None:
    """Write labels for people: on how many photos, then the label."""
    width = max((len(f"{count.photos:,}") for count in counts), default=0)
    for count in counts:
        origin = "" if count.source == "automatic" else f" ({count.source})"
        write(f"{count.photos:{width},}  {shown(count.label)}{origin}")


def write_sidecar(change: SidecarChange) -> None:
    """Write for people what would be done to a sidecar: its path, then the keywords it would have from us."""
    labels = "would be deleted" if change.deleted else ", ".join(map(shown, change.labels)) or "none"
    write(f"{shown(change.sidecar)}: {labels}")


def _write(content: bytes) -> None:
    # On a terminal the text layer knows the encoding (and on Windows the console); elsewhere it is
    # UTF-8, whatever the locale says.
    if sys.stdout.isatty():
        sys.stdout.write(content.decode("utf-8", "replace"))
    else:
        sys.stdout.buffer.write(content)
