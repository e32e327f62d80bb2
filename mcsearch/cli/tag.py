"""mcsearch tag"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.common import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.cli.filters import Wanted, filtered


@filtered
def tag(
    labels: Annotated[
        Path, typer.Option(metavar="FILE", help="A label a line; `beach = a sandy beach | the seaside` to say how.")
    ],
    top_k: Annotated[int, typer.Option(metavar="N", min=1, help="Tags a photo gets at most.")] = 5,
    threshold: Annotated[float, typer.Option(metavar="P", min=0.0, max=1.0, help="The probability a tag needs.")] = 0.5,
    filters: Wanted | None = None,
    model: ModelOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be tagged; store nothing.")] = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Tag photos with those of your labels that fit them.

    Prints how many photos got each label; with --json every photo and its tags. Running it again replaces
    the tags of the run before.
    """
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar

    with open_library(library) as opened, progress_bar(quiet=as_json) as progress:
        report = opened.tag(
            labels, top_k=top_k, threshold=threshold, filters=filters, model=model, dry_run=dry_run,
            on_photo=lines.write_json if as_json else None, progress=progress,
        )  # fmt: skip
    if not as_json:
        lines.write_counts(report.labels)
    done = "would be tagged" if dry_run else "tagged"
    print(f"{report.tagged:,} of {report.photos:,} photos {done}", file=sys.stderr)
