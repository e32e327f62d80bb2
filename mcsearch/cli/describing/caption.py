"""mcsearch caption"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.options import DeviceOption, JsonOption, LibraryOption, open_library
from mcsearch.library.filtering.filters import Wanted


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
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    library: LibraryOption = None,
) -> None:
    """Let a model write a sentence about each photo, so that find --text finds it.

    Run it again at any time: photos that have a caption by this model are left out. Needs mcsearch[transformers], and
    downloads 1 GB of weights for the default model.
    """
    from mcsearch.ops.describing.caption import caption_photos
    from mcsearch.output.lines import write_json
    from mcsearch.output.progress import progress_bar
    from mcsearch.output.summary import caption_summary

    with open_library(library) as opened, progress_bar(quiet=quiet) as progress:
        report = caption_photos(
            opened, filters=filters, model=model, weights=weights, device=device, again=again, progress=progress
        )
        said = not report.settled and say_if_nothing_is_left(opened, None, filters)
    if as_json:
        write_json(report)
    if not quiet and not said:
        print(f"mcsearch: {caption_summary(report)}", file=sys.stderr)
