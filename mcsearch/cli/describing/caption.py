"""mcsearch caption"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.options import DeviceOption, JsonOption, LibraryOption, open_library
from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.records.runs import CaptionReport, OnSidecar, SidecarReport


@filtered
def caption(
    filters: Wanted | None = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="A CoCa model: ARCHITECTURE:TAG of open_clip, hf-hub:ORG/REPO."),
    ] = None,
    weights: Annotated[Path | None, typer.Option(metavar="FILE", help="The model's checkpoint file.")] = None,
    device: DeviceOption = "auto",
    again: Annotated[bool, typer.Option("--force", help="Write all captions again.")] = False,
    write_xmp: Annotated[
        bool, typer.Option("--write-xmp", help="Also write all stored captions into XMP sidecars beside the photos.")
    ] = False,
    remove_xmp: Annotated[
        bool, typer.Option("--remove-xmp", help="Only remove the captions of mcsearch from sidecars.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --write-xmp or --remove-xmp: only list the sidecars to change.")
    ] = False,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    library: LibraryOption = None,
) -> None:
    """Let a model write a sentence about each photo, so that find --text finds it.

    Captions go into the library, and with --write-xmp into sidecars, never into photos. Run it again at any time:
    photos that have a caption by this model are left out. Needs mcsearch[transformers], and downloads 1 GB of
    weights for the default model.
    """
    from mcsearch.ops.describing.caption import caption_photos
    from mcsearch.ops.describing.caption_sidecars import remove_captions, write_captions
    from mcsearch.output.lines import write_json, write_sidecar
    from mcsearch.output.progress import progress_bar
    from mcsearch.output.summary import caption_summary, sidecar_summary

    _check(write_xmp=write_xmp, remove_xmp=remove_xmp, dry_run=dry_run, again=again)
    report: CaptionReport | None = None
    sidecars: SidecarReport | None = None
    on_sidecar: OnSidecar | None = write_sidecar if dry_run else None
    if as_json:
        on_sidecar = write_json if dry_run or remove_xmp else None
    said = False
    with open_library(library) as opened, progress_bar(quiet=quiet, still=on_sidecar is not None) as progress:
        if not dry_run and not remove_xmp:
            report = caption_photos(
                opened, filters=filters, model=model, weights=weights, device=device, again=again, progress=progress
            )
            said = not report.settled and say_if_nothing_is_left(opened, None, filters)
        if write_xmp or remove_xmp:
            change = remove_captions if remove_xmp else write_captions
            sidecars = change(opened, filters=filters, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)
    if report is not None and as_json:
        write_json(report)
    if report is not None and not quiet and not said:
        print(f"mcsearch: {caption_summary(report)}", file=sys.stderr)
    if sidecars is not None:
        for warning in sidecars.warnings:
            print(f"mcsearch: warning: {warning}", file=sys.stderr)
        if not quiet:
            print(f"mcsearch: {sidecar_summary(sidecars, dry_run=dry_run, what='a caption')}", file=sys.stderr)


def _check(*, write_xmp: bool, remove_xmp: bool, dry_run: bool, again: bool) -> None:
    """Raise UsageError for options that cannot be combined."""
    if remove_xmp and (write_xmp or again):
        raise UsageError("--remove-xmp cannot be combined with --write-xmp or --force.")
    if dry_run and not (write_xmp or remove_xmp):
        raise UsageError("--dry-run needs --write-xmp or --remove-xmp.")
