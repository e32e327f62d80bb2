"""mcsearch tags"""

import sys

from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library


def tags(as_json: JsonOption = False, model: ModelOption = None, library: LibraryOption = None) -> None:
    """List the labels that photos are tagged with, and the number of photos with each."""
    from mcsearch.ops.tag import count_tags
    from mcsearch.output import lines

    with open_library(library) as opened:
        counts = count_tags(opened, model=model)
    if not counts:
        print("mcsearch: No photo has a tag. To tag photos: mcsearch tag", file=sys.stderr)
    if as_json:
        for count in counts:
            lines.write_json(count)
    else:
        lines.write_counts(counts)
