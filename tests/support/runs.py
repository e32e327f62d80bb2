"""Index runs with the demo model, and what they did."""

from pathlib import Path

from mcsearch import Library
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.runs import IndexReport


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def run(library: Library, *paths: Path, **options: object) -> IndexReport:
    return library.index(paths, model="demo", workers=1, **options)  # type: ignore[arg-type]


def counts(report: IndexReport) -> dict[str, int]:
    names = ("new", "changed", "moved", "unchanged", "removed", "failed", "unreadable", "embedded")
    return {name: value for name in names if (value := getattr(report, name))}


def inside(library: Library) -> LibraryFile:
    """The library file behind the Python API, to look at what is stored."""
    return library.file
