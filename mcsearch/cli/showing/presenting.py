"""Show hits in the ways that were asked for: thumbnails, contact sheets, the system's viewer, folders of hits."""

import datetime
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsearch import settings
from mcsearch.cli.options import open_library
from mcsearch.cli.showing.options import Ways
from mcsearch.private import make_private

if TYPE_CHECKING:
    from mcsearch.output.sheets.sheet import Section, SheetPhoto
    from mcsearch.records.answers import DuplicateGroup, Hit

# Where --open writes its sheet in the cache folder.
_OPENED_SHEET = "hits.html"


def check_ways(ways: Ways, *, plain: bool) -> None:
    """Raise UsageError or OutputError for ways that cannot work, before anything is searched.

    `plain` says that lines for programs (--json, --paths, --print0) were asked for.
    """
    from mcsearch.errors import UsageError

    if ways.preview and plain:
        raise UsageError("Choose one of --preview, --json, --paths and --print0.")
    if ways.sheet is not None:
        from mcsearch.output.sheets.writing import check_sheet

        check_sheet(ways.sheet)
    for folder in (ways.copy_to, ways.link_to):
        if folder is not None:
            from mcsearch.ops.showing.gathering import check_folder

            check_folder(os.path.expanduser(folder))


def write_with_thumbnails(hits: "Sequence[Hit]", library: Path | None) -> None:
    """Write hits beside their thumbnails, or as lines of text where standard output cannot show pictures."""
    from mcsearch.output import lines
    from mcsearch.output.terminal import why_no_pictures

    if (reason := why_no_pictures()) is not None:
        lines.write_hits(hits)
        print(f"mcsearch: No thumbnails are shown, because {reason}.", file=sys.stderr)
        return
    from mcsearch.output.preview import SIZE, write_previews

    write_previews(zip(hits, _thumbnails([hit.path for hit in hits], SIZE, library), strict=True))


def present(hits: "Sequence[Hit]", ways: Ways, library: Path | None, title: str) -> None:
    """Write the sheet, fill the folders and open the viewer, as asked for, and report each on stderr."""
    if not hits:
        return
    paths = [hit.path for hit in hits]
    if ways.sheet is not None:
        _write_sheet(hits, ways.sheet, library, title)
        _say_if_indexed(ways.sheet, library)
    for folder, link in ((ways.copy_to, False), (ways.link_to, True)):
        if folder is not None:
            _gather(paths, folder, link=link)
            _say_if_indexed(Path(folder), library)
    if ways.open:
        _open(hits, ways.sheet, library, title)


def write_groups_sheet(groups: "Sequence[DuplicateGroup]", file: Path, library: Path | None) -> None:
    """Write a contact sheet of groups of duplicates, in which the extra copies are faint, and report it on stderr."""
    from mcsearch.output.counts import shown_size
    from mcsearch.output.sheets.sheet import Section

    captions = [
        (photo.path, " · ".join(part for part in (
            "keep" if photo.keep else "extra", f"{photo.width} × {photo.height}" if photo.width else "",
            shown_size(photo.size_bytes)) if part), not photo.keep)
        for group in groups for photo in group.photos
    ]  # fmt: skip
    photos = iter(_sheet_photos(captions, library))
    sections = [
        Section(f"Group {number}", tuple(next(photos) for _ in group.photos)) for number, group in enumerate(groups, 1)
    ]
    _write_sheet_of(sections, file, "Duplicates")
    _say_if_indexed(file, library)


def _write_sheet_of(sections: "Sequence[Section]", file: Path, title: str) -> None:
    """Write a contact sheet, and report it on stderr."""
    from mcsearch.output.counts import counted
    from mcsearch.output.sheets.sheet import Sheet
    from mcsearch.output.sheets.writing import write_sheet
    from mcsearch.paths import shown

    count = counted(sum(len(section.photos) for section in sections), "photo")
    today = datetime.date.today()
    write_sheet(Sheet(shown(title), f"{count}, {today.day} {today:%B %Y}", tuple(sections)), file)
    print(f"mcsearch: Contact sheet of {count} written to {shown(str(file))}.", file=sys.stderr)


def _sheet_photos(captions: Sequence[tuple[str, str, bool]], library: Path | None) -> "list[SheetPhoto]":
    """Return photos for a sheet with their thumbnails, from paths, lines of text, and whether they are faint."""
    from mcsearch.output.sheets.sheet import THUMBNAIL_SIZE, SheetPhoto

    thumbnails = _thumbnails([path for path, _, _ in captions], THUMBNAIL_SIZE, library)
    return [
        SheetPhoto(path, thumbnail, line, faint)
        for (path, line, faint), thumbnail in zip(captions, thumbnails, strict=True)
    ]


def _write_sheet(hits: "Sequence[Hit]", file: Path, library: Path | None, title: str) -> None:
    from mcsearch.output.sheets.sheet import Section

    photos = _sheet_photos([(hit.path, _caption(hit), not hit.is_relevant) for hit in hits], library)
    _write_sheet_of([Section("", tuple(photos))], file, title)


def _caption(hit: "Hit") -> str:
    from mcsearch.output.lines import shown_date

    parts = [shown_date(hit), "" if hit.score is None else f"{hit.score:.3f}", hit.missing or ""]
    return " · ".join(part for part in parts if part)


def _thumbnails(paths: Sequence[str], size: int, library: Path | None) -> Iterator[bytes | str]:
    """Yield the thumbnail of each photo, or the reason why it has none."""
    from mcsearch.ops.showing.thumbnails import Picture, Thumbnails

    with open_library(library) as opened:
        hashes = opened.file.photos.content_hashes(paths)
        pictures = [Picture(path, hashes.get(path), opened.file.facts.sidecars(path)) for path in paths]
    with Thumbnails(settings.cache_folder()) as thumbnails:
        for answer in thumbnails.thumbnails(pictures, size):
            yield answer if isinstance(answer, bytes) else answer.reason


def _gather(paths: Sequence[str], folder: str, *, link: bool) -> None:
    from mcsearch.ops.showing.gathering import gather
    from mcsearch.output.counts import counted
    from mcsearch.paths import shown

    gathered = gather(paths, os.path.expanduser(folder), link=link)
    for warning in gathered.warnings:
        print(f"mcsearch: {warning}", file=sys.stderr)
    done = f"{counted(gathered.made, 'link')} made in" if link else f"{counted(gathered.made, 'photo')} copied to"
    there = f"; {gathered.present:,} already there" if gathered.present else ""
    print(f"mcsearch: {done} {shown(folder)}{there}.", file=sys.stderr)


def _say_if_indexed(place: Path, library: Path | None) -> None:
    """Say on stderr that the next index run will add what was written inside a root."""
    from mcsearch.paths import absolute, is_under, shown

    if place.suffix.lower() == ".html":
        return
    with open_library(library) as opened:
        roots = opened.file.roots.known()
    for root in roots:
        if is_under(absolute(place), absolute(root)):
            print(
                f"mcsearch: {shown(str(place))} is inside the indexed folder {shown(root)}, so the next index run will "
                "add it.",
                file=sys.stderr,
            )
            return


def _open(hits: "Sequence[Hit]", sheet: Path | None, library: Path | None, title: str) -> None:
    from mcsearch.cli.showing.viewer import open_in_viewer

    if sheet is None and len(hits) > 1:
        sheet = settings.cache_folder() / _OPENED_SHEET
        make_private(sheet.parent)
        _write_sheet(hits, sheet, library, title)
        sheet.chmod(0o600)  # it shows photos that others may not be allowed to see
    open_in_viewer(hits[0].path if sheet is None else os.path.abspath(sheet))
