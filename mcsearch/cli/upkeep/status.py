"""mcsearch status"""

import dataclasses
from typing import Annotated

import typer

from mcsearch.cli.options import LibraryOption, open_library


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    library: LibraryOption = None,
) -> None:
    """Show the contents and the state of the library."""
    from mcsearch.models.torch_build import torch_build
    from mcsearch.output import lines
    from mcsearch.output.summary import status_lines

    with open_library(library) as opened:
        found = opened.file.status()
    torch = torch_build()
    if as_json:
        lines.write_json(found, torch=None if torch is None else dataclasses.asdict(torch))
    else:
        for line in status_lines(found, torch):
            lines.write(line)
