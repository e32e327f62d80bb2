"""mcsearch tag"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.reports import OnSidecar


@filtered
def tag(
    context: typer.Context,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A label a line; `beach = a sandy beach | the seaside` to say how."),
    ] = None,
    top_k: Annotated[int, typer.Option(metavar="N", min=1, help="Tags a photo gets at most.")] = 5,
    threshold: Annotated[float, typer.Option(metavar="P", min=0.0, max=1.0, help="The probability a tag needs.")] = 0.5,
    filters: Wanted | None = None,
    model: ModelOption = None,
    write_xmp: Annotated[
        bool,
        typer.Option("--write-xmp", help="Write the tags into XMP sidecars, for other programs."),
    ] = False,
    remove_xmp: Annotated[bool, typer.Option("--remove-xmp", help="Take our tags out of XMP sidecars again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; store nothing, write nothing.")
    ] = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Tag photos with those of your labels that fit them.

    Prints how many photos got each label; with --json every photo and its tags. Running it again replaces
    the tags of the run before. Without --labels nothing is tagged: --write-xmp writes the tags that are there.
    """
    from mcsearch.ops.model import model_to_ask
    from mcsearch.ops.sidecars import remove_sidecars, write_sidecars
    from mcsearch.ops.tag import tag_photos
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar
    from mcsearch.output.summary import sidecar_summary

    _check(context, labels, write_xmp, remove_xmp)
    on_sidecar: OnSidecar | None = None
    if as_json:
        on_sidecar = lines.write_json if labels is None else None
    elif dry_run:
        on_sidecar = lines.write_sidecar
    report = None
    with open_library(library) as opened, progress_bar(quiet=as_json) as progress:
        if labels is not None:
            report = tag_photos(
                opened, model_to_ask(opened, model), labels, top_k=top_k, threshold=threshold, filters=filters,
                dry_run=dry_run, write_xmp=write_xmp, on_photo=lines.write_json if as_json else None,
                on_sidecar=on_sidecar, progress=progress,
            )  # fmt: skip
            sidecars = report.sidecars
        elif write_xmp:
            sidecars = write_sidecars(
                opened,
                model_to_ask(opened, model),
                filters=filters,
                dry_run=dry_run,
                on_sidecar=on_sidecar,
                progress=progress,
            )
        else:
            chosen = model_to_ask(opened) if filters else None
            sidecars = remove_sidecars(
                opened, chosen, filters=filters, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress
            )
    if report is not None:
        if not as_json:
            lines.write_counts(report.labels)
        done = "would be tagged" if dry_run else "tagged"
        print(f"{report.tagged:,} of {report.photos:,} photos {done}", file=sys.stderr)
    if sidecars is not None:
        for warning in sidecars.warnings:
            print(f"mcsearch: warning: {warning}", file=sys.stderr)
        print(sidecar_summary(sidecars, dry_run=dry_run), file=sys.stderr)


def _check(context: typer.Context, labels: Path | None, write_xmp: bool, remove_xmp: bool) -> None:
    """Raise UsageError for options that make no sense together."""
    if labels is None and not write_xmp and not remove_xmp:
        raise UsageError("Name a labels file with --labels FILE, or write the tags there are with --write-xmp.")
    if remove_xmp and (write_xmp or labels is not None):
        raise UsageError("--remove-xmp goes with neither --write-xmp nor --labels.")
    for name in ("top_k", "threshold") if labels is None else ():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--{name.replace('_', '-')} says how to tag, and needs --labels FILE.")
