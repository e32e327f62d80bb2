"""mcsearch dupes"""

import re
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from mcsearch.cli.filter_options import filtered
from mcsearch.cli.finding.hits import check_output
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.library.filtering.filters import Wanted

_NEAR = "--near"
_NEAR_COPIES = "--near-copies"


class DupesCommand(TyperCommand):
    """Takes a bare --near for the kind of duplicates, where --near PLACE is the filter that it is on all commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments that are left."""
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
    exact: Annotated[bool, typer.Option("--exact", help="Only files with the same content.")] = False,
    near: Annotated[bool, typer.Option(_NEAR_COPIES, hidden=True)] = False,
    similar: Annotated[
        float | None,
        typer.Option("--similar", metavar="S", help="Also bursts and variants: a cosine of at least S, such as 0.95."),
    ] = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    paths: Annotated[bool, typer.Option("--paths", help="Print the paths of all but the best copies.")] = False,
    print0: Annotated[bool, typer.Option("--print0", help="The same, ended by NUL, for xargs -0.")] = False,
    library: LibraryOption = None,
) -> None:
    """List photos that are there more than once, in groups, the best copy first. Deletes nothing.

    That is the same picture, re-encoded, resized, slightly cropped or turned; --near alone says so, too.
    The best copy has the most pixels, then the format that keeps most, then the earliest date.
    """
    from mcsearch.errors import UsageError
    from mcsearch.ops.dupes import find_duplicates
    from mcsearch.ops.model import model_to_ask
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar

    check_output(as_json=as_json, paths=paths, print0=print0)
    if exact + near + (similar is not None) > 1:
        raise UsageError("Choose one of --exact, --near and --similar.")
    with open_library(library) as opened, progress_bar(quiet=as_json) as progress:
        groups = find_duplicates(
            opened, model_to_ask(opened, model), exact=exact, similar=similar, filters=filters, progress=progress
        )
    if as_json:
        for group in groups:
            lines.write_json(group)
    elif paths or print0:
        lines.write_paths((photo.path for group in groups for photo in group.photos[1:]), b"\0" if print0 else b"\n")
    else:
        lines.write_groups(groups)
    beyond = sum(len(group.photos) - 1 for group in groups)
    counted = f"{len(groups):,} group{'s' * (len(groups) != 1)}, {beyond:,} photo{'s' * (beyond != 1)} beside the best"
    said = counted if groups else "no photo is there twice"
    print(f"mcsearch: {said}.", file=sys.stderr)
