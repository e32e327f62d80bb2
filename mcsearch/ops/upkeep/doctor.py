"""Examine a library and the machine: say what is wrong and what mends it, and mend what can be made anew."""

from collections.abc import Iterator
from pathlib import Path

from mcsearch.errors import LibraryBusyError, LibraryDamagedError, LibraryError, NothingIndexedError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.upkeep.contents import examine_damaged, examine_pages, examine_parts, examine_rows
from mcsearch.ops.upkeep.machine import examine_machine
from mcsearch.ops.upkeep.model_files import examine_models
from mcsearch.ops.upkeep.photo_files import examine_files
from mcsearch.paths import shown
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.status import Finding


def examine_library(opened: OpenLibrary, *, repair: bool = False, progress: Progress = no_progress) -> list[Finding]:
    """Examine a library and this machine, and return what was found; all is well if no finding is "wrong".

    With `repair`, what can be made anew is: vectors that are none are dropped, to be embedded by the next index run,
    rows that belong to nothing are removed, and damaged copies in the cache are made again. What somebody gave by hand
    is never dropped. Raises LibraryBusyError when another process does not stop writing.
    """
    library = opened.file
    return [*examine_machine(library.file, library.cache), *_examine(library, repair=repair, progress=progress)]


def examine_file(
    file: Path, cache: Path | None, *, repair: bool = False, progress: Progress = no_progress
) -> Iterator[Finding]:
    """Yield what `examine_library` finds, also for a library that is missing or cannot be opened."""
    yield from examine_machine(file, cache)
    try:
        library = LibraryFile(file, create=False, cache=cache)
    except NothingIndexedError as error:
        yield Finding("library", "note", str(error), error.hint)
    except LibraryBusyError:
        raise
    except LibraryDamagedError as error:
        yield examine_damaged(file, str(error), repair=repair)
    except LibraryError as error:
        yield Finding("library", "wrong", str(error), error.hint or None)
    else:
        with library:
            yield from _examine(library, repair=repair, progress=progress)


def _examine(library: LibraryFile, *, repair: bool, progress: Progress) -> Iterator[Finding]:
    pages = examine_pages(library, repair=repair)
    yield pages
    if pages.state == "wrong":
        yield Finding("library", "note", f"The rest of {shown(str(library.file))} was not examined.")
        return
    missing = library.checks.parts.missing()
    parts = list(examine_parts(library, missing, repair=repair))
    yield from parts
    if missing.tables and any(part.state == "wrong" for part in parts):
        yield Finding("library", "note", f"The rest of {shown(str(library.file))} was not examined.")
        return
    yield from examine_rows(library, repair=repair, progress=progress)
    yield from examine_models(library, repair=repair)
    yield from examine_files(library, progress)
