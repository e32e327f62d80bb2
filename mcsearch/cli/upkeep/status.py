"""mcsearch status"""

from typing import Annotated

import typer

from mcsearch.cli.options import LibraryOption, open_library


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    library: LibraryOption = None,
) -> None:
    """Show the contents and the state of the library."""
    from mcsearch.output import lines
    from mcsearch.output.summary import status_lines

    with open_library(library) as opened:
        found = opened.file.status()
    if as_json:
        lines.write_json(found)
    else:
        for line in status_lines(found):
            lines.write(line)
