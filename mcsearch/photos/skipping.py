"""Which files and folders a scan skips by their names: litter, hidden ones, and those that a root's rules exclude."""

import fnmatch
import functools
import os
import re
import stat
from pathlib import Path

from mcsearch.records.roots import RootRules

# Folders that hold no originals: version control, packages, recycle bins, and the thumbnails and
# caches of other photo programs and of network storage.
LITTER: frozenset[str] = frozenset(
    {
        ".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv",
        "$recycle.bin", "#recycle", "@recycle", "system volume information", "lost+found",
        "@eadir", "#snapshot", ".@__thumb", ".appledouble", ".spotlight-v100", ".fseventsd",
        ".thumbnails", ".thumbs", ".cache", ".picasaoriginals", ".photoprism", ".dtrash", "encoded-video",
        "ipod photo cache",
    }
)  # fmt: skip
# More such folders, recognised by prefix (`.Trash-1000`), by suffix (Lightroom, Capture One, Aperture), or by their
# position inside a bundle (Apple Photos, iPhoto).
_LITTER_PREFIX = ".trash"
_LITTER_SUFFIXES = (".lrdata", ".cocatalogdb", ".cosessiondb", ".aplibrary")
_BUNDLE_SUFFIXES = (".photoslibrary", ".photolibrary", ".migratedphotolibrary")
_BUNDLE_ORIGINALS = frozenset({"originals", "masters"})
# Whether a file may be hidden by an attribute, whatever its name.
HIDES_BY_ATTRIBUTE = os.name == "nt"


def is_left_out(path: str, root: str, rules: RootRules) -> bool:
    """Return whether a scan of `root` skips this path or one of the folders above it; the path need not exist."""
    if path == root:
        return False
    on_the_way = Path(root)
    for name in os.path.relpath(path, root).split(os.sep):
        folder, on_the_way = on_the_way, on_the_way / name
        above = relative_folder(str(folder), root)
        if is_skipped(on_the_way, above, rules, in_bundle=is_bundle(str(folder))):
            return True
    return False


def is_bundle(folder: str) -> bool:
    """Return whether a folder is the library of another photo program, of which only the originals are photos."""
    return folder.lower().endswith(_BUNDLE_SUFFIXES)


def is_skipped(
    entry: os.DirEntry[str] | Path, above: str, rules: RootRules, excluding: set[str] | None = None, *, in_bundle: bool
) -> bool:
    """Return whether a scan skips an entry of a folder, as litter, as hidden, or because a glob excludes it.

    `above` is the folder as `relative_folder` returns it. The globs that exclude the entry are added to `excluding`.
    """
    name = entry.name.lower()
    if name in LITTER or name.startswith(_LITTER_PREFIX) or name.endswith(_LITTER_SUFFIXES):
        return True
    if in_bundle and name not in _BUNDLE_ORIGINALS:
        return True
    if not rules.hidden and (name.startswith(".") or (HIDES_BY_ATTRIBUTE and _is_hidden_there(entry))):
        return True
    if not rules.exclude or not is_excluded(above + entry.name, rules.exclude):
        return False
    if excluding is not None:
        globs = (glob for glob in rules.exclude if glob not in excluding)
        excluding.update([glob for glob in globs if is_excluded(above + entry.name, (glob,))])
    return True


def relative_folder(folder: str, root: str) -> str:
    """Return what stands before the names in a folder in their paths relative to the root: "2023/06/", or nothing."""
    relative = os.path.relpath(folder, root)
    return "" if relative == "." else relative.replace(os.sep, "/") + "/"


def is_excluded(relative: str, globs: tuple[str, ...]) -> bool:
    """Return whether one of the globs matches a path relative to the root, or its name."""
    matches, normcase = _compiled(globs).match, os.path.normcase
    name = relative.rpartition("/")[2]
    return bool(matches(normcase(name)) or matches(normcase(relative)) or matches(normcase(f"./{relative}")))


@functools.lru_cache(maxsize=64)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    plain = (spelling for glob in globs for spelling in _expanded(glob.rstrip("/").removesuffix("/**")))
    return re.compile("|".join(fnmatch.translate(os.path.normcase(spelling)) for spelling in plain))


def _expanded(glob: str) -> list[str]:
    """Expand a glob with `**/` (any number of folders, or none) into globs that fnmatch understands."""
    before, stars, after = glob.partition("**/")
    if not stars or (before and not before.endswith("/")):
        return [glob]
    return [before + way + rest for rest in _expanded(after) for way in ("", "*/")]


def _is_hidden_there(entry: os.DirEntry[str] | Path) -> bool:
    try:
        attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)  # a DirEntry has it cached
    except FileNotFoundError:
        return False
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)
