"""What `doctor` says about roots and the files of photos."""

import os
import shlex
from collections.abc import Iterator

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.presence import presence_of
from mcsearch.paths import is_under, shown
from mcsearch.records.progress import Progress
from mcsearch.records.status import Finding

_SAY_EVERY = 1000


def examine_files(library: LibraryFile, progress: Progress) -> Iterator[Finding]:
    """Yield findings on roots that are away and on photos whose file is gone. Costs one `stat` for each photo."""
    roots = list(library.roots.known())
    away = [root for root in roots if not os.path.isdir(root)]
    for root in away:
        yield Finding(
            "roots", "wrong", f"{shown(root)} is not there. Its photos stay in the library.",
            "Connect its disk; or index its new place; or drop it: mcsearch forget " + shown(shlex.quote(root)),
        )  # fmt: skip
    if roots and not away:
        yield Finding("roots", "good", "All are there.")
    gone: list[str] = []
    disk_away: list[str] = []
    missing, total = presence_of(library), library.photos.count()
    for number, path in enumerate(library.photos.by_path(), start=1):
        if number % _SAY_EVERY == 0 or number == total:
            progress("checking photos", number, total)
        if any(is_under(path, root) for root in away) or (why := missing(path)) is None:
            continue
        (gone if why == "gone" else disk_away).append(path)
    if gone:
        yield Finding("photos", "wrong", _listed(gone, "not there any more"), "mcsearch index")
    if disk_away:
        yield Finding("photos", "wrong", _listed(disk_away, "on a disk that is away"), "Connect the disk")
    if total and not (gone or disk_away or away):
        yield Finding("photos", "good", "Their files are all there.")


def _listed(paths: list[str], what: str) -> str:
    others = f" and {len(paths) - 1:,} other{'s' * (len(paths) > 2)}" if len(paths) > 1 else ""
    return f"{shown(paths[0])}{others} {'are' if others else 'is'} {what}."
