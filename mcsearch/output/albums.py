"""Lines of text about albums."""

import shlex
from collections.abc import Iterator, Sequence

from mcsearch.paths import shown
from mcsearch.records.answers import Album


def album_lines(albums: Sequence[Album]) -> Iterator[str]:
    """Yield each album on a line: its name, and its query in the words of the command line."""
    width = max((len(shown(album.name)) for album in albums), default=0)
    for album in albums:
        yield f"{shown(album.name):{width}}  {shown(shlex.join(_arguments(album)))}"


def _arguments(album: Album) -> Iterator[str]:
    """Yield the arguments with which `find` asks the same."""
    if album.query:
        yield album.query
    for option, values in (("like", album.like), ("not", album.not_text), ("not-like", album.not_like)):
        for value in values:
            yield from (f"--{option}", value)
    for key, given in album.filters.items():
        option = f"--{key.replace('_', '-')}"
        for value in given if isinstance(given, list | tuple) else [given]:
            yield option
            if value is not True:
                yield str(value)
    for option, number in (("limit", album.limit), ("min-score", album.min_score)):
        if number is not None:
            yield from (f"--{option}", f"{number:g}")
    for option, wanted in (("relevant", album.relevant), ("collapse", album.collapse)):
        if wanted:
            yield f"--{option}"
    for option, text in (("sort", album.sort), ("model", album.model)):
        if text is not None:
            yield from (f"--{option}", text)
