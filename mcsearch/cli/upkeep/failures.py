"""mcsearch failures"""

import sys

from mcsearch.cli.options import JsonOption, LibraryOption, open_library


def failures(as_json: JsonOption = False, library: LibraryOption = None) -> None:
    """List the files that could not be read, and the damaged photos, and why.

    They are read again when they change, or with: mcsearch index --force
    """
    from mcsearch.output import lines
    from mcsearch.paths import shown

    with open_library(library) as opened:
        listed = opened.file.photos.failures()
    if not listed:
        print("mcsearch: Every file could be read.", file=sys.stderr)
    for failure in listed:
        if as_json:
            lines.write_json(failure)
        else:
            damaged = "indexed, but damaged: " if failure.damaged else ""
            lines.write(f"{shown(failure.path)}: {damaged}{shown(failure.reason)}")
