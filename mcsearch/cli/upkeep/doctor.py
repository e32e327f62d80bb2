"""mcsearch doctor"""

import sys
from typing import Annotated

import typer

from mcsearch import settings
from mcsearch.cli.options import JsonOption, LibraryOption


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be made anew.")] = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Say whether all is well with the library, the models and this machine, and what to do if not.

    The exit code is 1 if something needs attention. --repair drops nothing that somebody gave by hand.
    """
    from mcsearch.ops.upkeep.doctor import examine_file
    from mcsearch.output import lines
    from mcsearch.output.counts import counted
    from mcsearch.output.progress import progress_bar

    wrong = 0
    with progress_bar(quiet=as_json) as progress:
        for finding in examine_file(
            settings.library_path(library), settings.cache_folder(), repair=repair, progress=progress
        ):
            wrong += finding.state == "wrong"
            if as_json:
                lines.write_json(finding)
            else:
                lines.write_finding(finding)
    if wrong:
        print(f"mcsearch: {counted(wrong, 'finding')} to mend.", file=sys.stderr)
        raise typer.Exit(1)
    print("mcsearch: All is well.", file=sys.stderr)
