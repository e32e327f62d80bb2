"""mcsearch show"""

from typing import Annotated

import typer

from mcsearch.cli.options import LibraryOption, open_library


def show(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="A photo of the library.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    library: LibraryOption = None,
) -> None:
    """Show everything known about a photo: when, where and with what it was taken, and its tags."""
    from mcsearch.ops.show import show_photo
    from mcsearch.output import lines
    from mcsearch.output.photo import photo_lines

    with open_library(library) as opened:
        known = show_photo(opened, photo)
    if as_json:
        lines.write_json(known)
    else:
        for line in photo_lines(known):
            lines.write(line)
