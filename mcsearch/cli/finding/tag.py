"""mcsearch tag"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcsearch.cli.completing import labels as known_labels
from mcsearch.cli.completing import sets
from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.finding.tag_arguments import GIVE, TAKE
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted

if TYPE_CHECKING:
    from mcsearch.records.runs import OnSidecar, SidecarReport, TagReport


@filtered
def tag(
    context: typer.Context,
    photos: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PHOTO... +LABEL... -LABEL...]", help="Photos, labels to add to them and to remove."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help="One label per line, or with prompts: `beach = a sandy beach | the seaside`; `animals > dog` is dog "
            "below animals. - is standard input. [default: a list of everyday labels]",
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="A label, written like a line of a file.", autocompletion=known_labels),
    ] = None,
    set_name: Annotated[
        str | None,
        typer.Option(
            "--set",
            metavar="NAME",
            help="The set that the tags belong to. [default: the name of the FILE]",
            autocompletion=sets,
        ),
    ] = None,
    top_k: Annotated[int, typer.Option(metavar="N", min=1, help="Give a photo at most N tags.")] = 5,
    threshold: Annotated[float, typer.Option(metavar="P", min=0.0, max=1.0, help="Least probability of a tag.")] = 0.5,
    filters: Wanted | None = None,
    model: ModelOption = None,
    taught: Annotated[bool, typer.Option("--taught", help="Only the labels learnt by mcsearch teach.")] = False,
    print_labels: Annotated[
        bool, typer.Option("--print-labels", help="Print the list of everyday labels, to be copied and edited.")
    ] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Remove the tags again, all or those of a --set.")] = False,
    write_xmp: Annotated[
        bool,
        typer.Option("--write-xmp", help="Write the tags into XMP sidecars, for other programs."),
    ] = False,
    remove_xmp: Annotated[bool, typer.Option("--remove-xmp", help="Remove our tags from XMP sidecars again.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be added and removed, but write nothing."),
    ] = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    give: Annotated[list[str] | None, typer.Option(GIVE, hidden=True)] = None,
    take: Annotated[list[str] | None, typer.Option(TAKE, hidden=True)] = None,
) -> None:
    """Tag photos with those of your labels that fit them, or by hand with +LABEL and -LABEL.

    Prints the number of photos with each label, or with --json every photo and its tags. A later run replaces the tags
    of the same set on the same photos. No run changes what was added or removed by hand. Without labels, photos get
    everyday labels, and those that were taught; with --write-xmp alone, the existing tags are written.
    """
    if print_labels:
        if labels or label or photos or give or take or taught or clear or write_xmp or remove_xmp:
            raise UsageError("--print-labels prints the everyday labels, and takes no other labels or photos.")
        from mcsearch.ops.finding.labels_file import EVERYDAY

        print(EVERYDAY.read_text(encoding="utf-8"), end="")
        return
    from mcsearch.ops.sidecars import remove_sidecars, write_sidecars
    from mcsearch.ops.tag import clear_tags, tag_by_hand, tag_photos
    from mcsearch.output import lines
    from mcsearch.output.counts import counted
    from mcsearch.output.progress import progress_bar
    from mcsearch.output.summary import sidecar_summary

    by_hand = bool(photos or give or take)
    by_model = bool(labels or label or taught) or not (by_hand or clear or write_xmp or remove_xmp)
    _check(context, by_hand=by_hand, by_model=by_model, clear=clear, write_xmp=write_xmp, remove_xmp=remove_xmp)
    on_sidecar: OnSidecar | None = None
    if as_json:
        on_sidecar = None if by_hand or by_model else lines.write_json
    elif dry_run:
        on_sidecar = lines.write_sidecar
    on_photo: Callable[[object], None] | None = lines.write_json if as_json else None
    report: TagReport | None = None
    sidecars: SidecarReport | None = None
    said = ""
    would = "would be " if dry_run else ""
    with open_library(library) as opened, progress_bar(still=as_json or dry_run) as progress:
        if by_hand:
            done = tag_by_hand(
                opened, photos or (), give=give or (), take=take or (), filters=filters, model=model,
                dry_run=dry_run, write_xmp=write_xmp, on_photo=on_photo, on_sidecar=on_sidecar, progress=progress,
            )  # fmt: skip
            if not done.photos:
                say_if_nothing_is_left(opened, model, filters)
            said, sidecars = f"{counted(done.photos, 'photo')} {would}tagged by hand", done.sidecars
        elif by_model:
            report = tag_photos(
                opened, labels, labels=label or (), taught=taught, set_name=set_name, top_k=top_k,
                threshold=threshold, filters=filters, model=model, dry_run=dry_run, write_xmp=write_xmp,
                on_photo=on_photo, on_sidecar=on_sidecar, progress=progress,
            )  # fmt: skip
            if not report.photos:
                say_if_nothing_is_left(opened, model, filters)
            said, sidecars = f"{report.tagged:,} of {counted(report.photos, 'photo')} {would}tagged", report.sidecars
        elif clear:
            cleared = clear_tags(opened, set_name=set_name, filters=filters, model=model, dry_run=dry_run)
            if as_json:
                lines.write_json(cleared)
            said = f"{counted(cleared.tags, 'tag')} {would}removed from: {', '.join(cleared.sets) or 'no set'}"
        else:
            wanted: dict[str, Any] = {
                "filters": filters,
                "dry_run": dry_run,
                "on_sidecar": on_sidecar,
                "progress": progress,
            }
            sidecars = write_sidecars(opened, model=model, **wanted) if write_xmp else remove_sidecars(opened, **wanted)
    if report is not None and not as_json:
        _show(report, dry_run=dry_run)
    if said:
        print(said, file=sys.stderr)
    if sidecars is not None:
        for warning in sidecars.warnings:
            print(f"mcsearch: warning: {warning}", file=sys.stderr)
        print(sidecar_summary(sidecars, dry_run=dry_run), file=sys.stderr)


def _check(
    context: typer.Context, *, by_hand: bool, by_model: bool, clear: bool, write_xmp: bool, remove_xmp: bool
) -> None:
    """Raise UsageError for options that cannot be combined."""
    if by_hand + by_model + clear > 1:
        raise UsageError("Choose one of --labels, --label or --taught, PHOTO with +LABEL and -LABEL, and --clear.")
    if remove_xmp and (write_xmp or by_hand or by_model or clear):
        raise UsageError("--remove-xmp cannot be combined with --write-xmp or with options that tag or clear.")
    if clear and write_xmp:
        raise UsageError("Clear the tags first, and then write the remaining ones with --write-xmp.")
    for name in ("top_k", "threshold") if not by_model else ():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--{name.replace('_', '-')} needs --labels FILE or --label LABEL.")
    if context.params["set_name"] is not None and not (by_model or clear):
        raise UsageError("--set needs --labels, --label or --clear.")


def _show(report: "TagReport", *, dry_run: bool) -> None:
    """Print the number of photos with each label; for a dry run, also how many would gain and lose it."""
    from mcsearch.output import lines

    if dry_run:
        lines.write_changes(report.changes)
    else:
        lines.write_counts([replace(count, sets=()) for count in report.labels])
