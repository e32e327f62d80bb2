"""mcsearch index"""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mcsearch.cli.completing import catalog_models, roots
from mcsearch.cli.options import DeviceOption, LibraryOption, MegapixelsOption, WeightsOption, open_library_to_index

if TYPE_CHECKING:
    from mcsearch.records.runs import IndexReport


def index(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Folders or photos. [default: all known folders]", autocompletion=roots),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The model to embed with. [default: the library's, or mobileclip2-s2 if it has none]",
            autocompletion=catalog_models,
        ),
    ] = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes that decode photos. [default: one per processor]")
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Photos the model embeds at once. [default: depends on device]"),
    ] = None,
    max_megapixels: MegapixelsOption = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Exclude files and folders with this name or path."),
    ] = None,
    hidden: Annotated[
        bool | None, typer.Option("--hidden/--no-hidden", help="Include hidden files and folders.")
    ] = None,
    raw_pairs: Annotated[
        Literal["one", "both"] | None,
        typer.Option(help="Index a RAW file and a JPEG or HEIC of the same name as one photo or both. [default: one]"),
    ] = None,
    videos: Annotated[
        bool | None,
        typer.Option("--videos/--no-videos", help="Include videos, by a few frames of each. Needs mcsearch[video]."),
    ] = None,
    any_suffix: Annotated[
        bool | None,
        typer.Option(
            "--any-suffix/--known-suffixes",
            help="Include files without a known suffix, told by their first bytes.",
        ),
    ] = None,
    read: Annotated[
        bool | None, typer.Option("--read/--no-read", help="Read the text in the photos, too. Needs mcsearch[ocr].")
    ] = None,
    previews: Annotated[
        bool | None,
        typer.Option("--previews/--no-previews", help="Embed the previews in photos of cameras: faster, less exact."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read and embed every photo again.")] = False,
    use: Annotated[
        bool, typer.Option("--use", help="Make this model the default once it has embedded all photos.")
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS]",
            help="Let the nodes of a Ray cluster read and embed: auto, local or HOST:PORT. [default: auto]",
        ),
    ] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Show where the time went, and what ran.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    library: LibraryOption = None,
) -> None:
    """Index the photos in folders, so that they can be found.

    Run it again at any time: only new and changed files are read. Photos are never modified. The library remembers
    --exclude, --hidden, --raw-pairs, --videos, --any-suffix, --read and --previews for each folder until you change
    them.
    """
    from mcsearch.models.lookup import find_model
    from mcsearch.ops.index import index_paths
    from mcsearch.output.lines import write_json
    from mcsearch.output.progress import progress_bar
    from mcsearch.output.summary import profile_lines

    if model is not None:
        find_model(model)  # before the library is created
    with (
        open_library_to_index(library, paths or (), any_suffix=bool(any_suffix)) as opened,
        progress_bar(quiet=quiet) as progress,
    ):
        report = index_paths(
            opened, paths or (), model=model, weights=weights, device=device, workers=workers, batch_size=batch_size,
            max_megapixels=max_megapixels, exclude=exclude, hidden=hidden, raw_pairs=raw_pairs, videos=videos,
            any_suffix=any_suffix, read=read, previews=previews, force=force, use=use, ray=ray, progress=progress,
        )  # fmt: skip
    if as_json:
        write_json(report, photos_per_second=report.photos_per_second)
    show_report(report, quiet=quiet)
    for line in profile_lines(report.profile) if profile else ():
        print(line, file=sys.stderr)


def show_report(report: "IndexReport", *, quiet: bool = False) -> None:
    """Print warnings, notices and, unless quiet, the summary of a run on stderr."""
    from mcsearch.output.summary import summary

    for warning in report.warnings:
        print(f"mcsearch: warning: {warning}", file=sys.stderr)
    for notice in report.notices:
        print(f"mcsearch: {notice}", file=sys.stderr)
    if not quiet:
        print(summary(report), file=sys.stderr, flush=True)
