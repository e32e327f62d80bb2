"""mcsearch teach and mcsearch unteach"""

import shlex
import sys
from typing import Annotated

import typer

from mcsearch.cli.completing import labels as known_labels
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library

Label = Annotated[
    str,
    typer.Argument(
        metavar="LABEL",
        help="The label, written like a line of a labels file: `mimi = a black cat` says in words what to begin with.",
        autocompletion=known_labels,
    ),
]


def teach(
    label: Label,
    yes: Annotated[
        list[str] | None, typer.Option("--yes", metavar="PHOTO...", help="Photos that show what the label means.")
    ] = None,
    no: Annotated[list[str] | None, typer.Option("--no", metavar="PHOTO...", help="Photos that do not.")] = None,
    yes_tagged: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG", help="Photos with this keyword, or this tag by hand, show it.", autocompletion=known_labels
        ),
    ] = None,
    no_tagged: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help="Photos with it do not show the label.", autocompletion=known_labels),
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Teach a label by examples, for what words do not say, and tag all photos with it.

    A few photos are enough to begin with; mcsearch suggest LABEL shows those whose answer would teach most. Examples
    add to earlier ones, and the last word on a photo counts. `mcsearch tag` tags new photos with all taught labels.
    """
    from mcsearch.ops.teaching.teaching import teach_label
    from mcsearch.output import lines
    from mcsearch.output.counts import counted
    from mcsearch.output.progress import progress_bar
    from mcsearch.paths import shown

    with open_library(library) as opened, progress_bar(still=as_json) as progress:
        report = teach_label(
            opened, label, yes=yes or (), no=no or (), yes_tagged=yes_tagged or (), no_tagged=no_tagged or (),
            model=model, progress=progress,
        )  # fmt: skip
    if as_json:
        lines.write_json(report)
        return
    name = shown(report.label)
    examples = f"{counted(report.yes + report.no, 'example')} ({report.yes:,} yes, {report.no:,} no)"
    verb = "carries" if report.tagged == 1 else "carry"
    print(f"{name}: {examples}; {report.tagged:,} of {counted(report.photos, 'photo')} {verb} it", file=sys.stderr)
    quoted = shlex.quote(report.label)
    print(f"mcsearch: To see them: mcsearch find --tag {quoted}", file=sys.stderr)
    print(f"mcsearch: To teach it more: mcsearch suggest {quoted}", file=sys.stderr)


def unteach(label: Label, library: LibraryOption = None) -> None:
    """Forget a label that was taught, with its examples and its tags. Tags given by hand stay."""
    from mcsearch.ops.teaching.teaching import unteach_label
    from mcsearch.paths import shown

    with open_library(library) as opened:
        unteach_label(opened, label)
    print(f"mcsearch: Forgot what {shown(label)} means. Tags given by hand stay.", file=sys.stderr)
