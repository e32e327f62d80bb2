"""mcsearch dupes"""

import re
import sys
from typing import Annotated, Any, Literal

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.finding.hits import check_output
from mcsearch.cli.group import LibraryCommand
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.cli.showing.options import SheetOption, Ways
from mcsearch.cli.showing.presenting import check_ways, write_groups_sheet
from mcsearch.library.filtering.filters import Wanted
from mcsearch.paths import shown

_NEAR = "--near"
_NEAR_COPIES = "--near-copies"
_LEFT_OUT_SHOWN = 10


class DupesCommand(LibraryCommand):
    """A command that accepts --near without a value as a kind of duplicates; --near PLACE remains the filter."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and return those that are left over."""
        followed = [*args[1:], "-"] if args else []
        return super().parse_args(
            ctx,
            [
                _NEAR_COPIES if argument == _NEAR and re.match(r"-(?![\d.])", after) else argument
                for argument, after in zip(args, followed, strict=True)
            ],
        )


@filtered
def dupes(
    exact: Annotated[bool, typer.Option("--exact", help="Only copies of the same file.")] = False,
    near: Annotated[bool, typer.Option(_NEAR_COPIES, hidden=True)] = False,
    similar: Annotated[
        float | None,
        typer.Option("--similar", metavar="S", help="Also bursts and variants: a cosine of at least S, such as 0.95."),
    ] = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    keep_in: Annotated[
        list[str] | None,
        typer.Option("--keep-in", metavar="DIR", help="Keep all photos below DIR, as best copies."),
    ] = None,
    prefer: Annotated[
        Literal["largest", "oldest"] | None,
        typer.Option("--prefer", help="Choose the largest or the oldest photo as the best copy."),
    ] = None,
    as_json: JsonOption = False,
    paths: Annotated[bool, typer.Option("--paths", help="Print the paths of the extra copies.")] = False,
    print0: Annotated[bool, typer.Option("--print0", help="Like --paths, but ended by NUL, for xargs -0.")] = False,
    sheet: SheetOption = None,
    library: LibraryOption = None,
) -> None:
    """List duplicate photos in groups, with the best copy of each group first. Nothing is deleted.

    By default (or with --near alone), finds copies of a picture that were re-encoded, resized, recoloured, rotated,
    mirrored or slightly cropped. The best copy is the original: a photo with a camera and a date of its own, then the
    one with the most pixels.
    """
    from mcsearch.errors import UsageError
    from mcsearch.ops.dupes import find_duplicates
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar

    check_output(as_json=as_json, paths=paths, print0=print0)
    check_ways(Ways(sheet=sheet), plain=False)
    if exact + near + (similar is not None) > 1:
        raise UsageError("Choose one of --exact, --near and --similar.")
    left_out: list[tuple[str, str]] = []
    with open_library(library) as opened, progress_bar(still=as_json) as progress:
        groups = find_duplicates(
            opened,
            exact=exact,
            similar=similar,
            filters=filters,
            model=model,
            keep_in=keep_in or (),
            prefer=prefer,
            on_left_out=lambda path, reason: left_out.append((path, reason)),
            progress=progress,
        )
        if not groups and say_if_nothing_is_left(opened, model, filters):
            return
    if as_json:
        for group in groups:
            lines.write_json(group)
    elif paths or print0:
        extra = (photo.path for group in groups for photo in group.extra)
        lines.write_paths(extra, b"\0" if print0 else b"\n")
    else:
        lines.write_groups(groups)
    if sheet is not None and groups:
        write_groups_sheet(groups, sheet, library)
    for path, reason in left_out[:_LEFT_OUT_SHOWN]:
        print(f"mcsearch: Left out {shown(path)}: {reason}.", file=sys.stderr)
    if len(left_out) > _LEFT_OUT_SHOWN:
        print(f"mcsearch: Left out {len(left_out) - _LEFT_OUT_SHOWN:,} more.", file=sys.stderr)
    print(f"mcsearch: {lines.summed_up(groups)}.", file=sys.stderr)
