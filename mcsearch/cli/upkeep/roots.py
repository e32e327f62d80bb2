"""mcsearch roots"""

from mcsearch.cli.options import JsonOption, LibraryOption, open_library


def roots(as_json: JsonOption = False, library: LibraryOption = None) -> None:
    """List the indexed folders and their rules."""
    import os
    import sys

    from mcsearch.output import lines
    from mcsearch.output.summary import root_line

    with open_library(library) as opened:
        listed = opened.file.roots.listed()
    if not listed:
        print("mcsearch: No folder is indexed. To index one: mcsearch index FOLDER", file=sys.stderr)
    for root in listed:
        present = os.path.isdir(root.path)
        if as_json:
            lines.write_json(root, present=present)
        else:
            lines.write(root_line(root, present=present))
