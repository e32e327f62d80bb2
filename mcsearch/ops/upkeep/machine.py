"""What `doctor` says about this machine: what runs the models, what is installed, how much room there is."""

import importlib.metadata
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from mcsearch.errors import McsearchError
from mcsearch.models.engines import choose_engine, has_gpu, reason
from mcsearch.paths import shown
from mcsearch.photos.workers.confinement import describe
from mcsearch.records.status import Finding

_NEEDED_BYTES = 500_000_000
_REQUIREMENT = re.compile(r"(?P<package>[\w.-]+).*;.*extra == \W(?P<extra>[\w-]+)")


def examine_machine(library: Path, cache: Path | None) -> Iterator[Finding]:
    """Yield findings on the device, the confinement of decoders, the extras, and the room for library and cache."""
    yield _device()
    yield _confinement()
    yield from _extras()
    yield _room("room for the library", library.parent)
    if cache is not None:
        yield _room("room for the cache", cache)


def _device() -> Finding:
    try:
        engine = choose_engine()
    except McsearchError as error:
        return Finding("device", "wrong", str(error), error.hint or None)
    sentence = f"Models run on {engine.device} by {engine.runtime}, in {engine.dtype}: {reason(engine)}."
    unused = engine.device == "cpu" and has_gpu()
    return Finding("device", "note" if unused else "good", sentence)


def _confinement() -> Finding:
    confinement = describe()
    is_full = confinement.reads_one_file and confinement.acts_on_nothing
    return Finding("confinement", "good" if is_full else "note", str(confinement))


def _extras() -> Iterator[Finding]:
    """Yield what is installed of the extras that pyproject.toml names, and for each that is not, how to install it."""
    packages: dict[str, list[str]] = {}
    for requirement in importlib.metadata.requires("mcsearch") or ():
        if (parts := _REQUIREMENT.match(requirement)) is not None:
            packages.setdefault(parts["extra"], []).append(parts["package"])
    missing = {extra: [name for name in names if not _is_installed(name)] for extra, names in packages.items()}
    if here := sorted(extra for extra, names in missing.items() if not names):
        yield Finding("extras", "good", f"Installed: {', '.join(here)}.")
    for extra, names in sorted(missing.items()):
        if names:
            yield Finding(
                "extras", "note", f"{extra} is not installed ({', '.join(names)}).",
                f"If you need it: pip install 'mcsearch[{extra}]'",
            )  # fmt: skip


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _room(subject: str, folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        free_bytes = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(subject, "wrong", f"{shown(str(there))} cannot be examined: {error.strerror}.", "Mount its disk")
    sentence = f"{free_bytes / 1e9:,.1f} GB are free in {shown(str(there))}."
    if free_bytes < _NEEDED_BYTES:
        return Finding(subject, "wrong", sentence, "Make room on this disk")
    return Finding(subject, "good", sentence)
