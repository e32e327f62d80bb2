"""Confine a decode worker: a decoder that a file has taken over reads no other file, and reaches nothing else.

What the interpreter imports later stays readable: Python itself, installed packages and the system's libraries. Photos
and sidecars are handed over open.
"""

import importlib.util
import os
import site
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from mcsearch.photos.formats import FORMATS
from mcsearch.photos.workers import landlock, sandbox, seccomp

# Packages that are imported when the first file needs them, besides those that formats name.
_IMPORTED_LATE = ("tifffile", "imagecodecs", "lxml", "brotli")
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")
# Libraries of the system, the time zone, and what libraries ask about processors.
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/gnu/store", "/etc/ld.so.cache",
    "/etc/localtime", "/usr/share/zoneinfo", "/sys/devices/system/cpu", "/proc/cpuinfo",
    "/System/Library", "/private/var/db/timezone", "/private/var/db/dyld",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confinement:
    """Whether decode workers read no file but the one given to them, and whether they write to and reach nothing.

    `by` names what keeps them from it: "Landlock (version 7)", "seccomp", "the sandbox of macOS".
    """

    reads_one_file: bool
    acts_on_nothing: bool
    by: tuple[str, ...]

    def __str__(self) -> str:
        means = " and ".join(self.by)
        if self.reads_one_file and self.acts_on_nothing:
            return f"Decoders read only the file given to them, write nothing, and reach no network, by {means}."
        if self.acts_on_nothing:
            return f"Decoders write nothing and reach no network, by {means}, but may read what you may read."
        if self.reads_one_file:
            return f"Decoders read only the file given to them, by {means}, but may reach the network."
        return "Decoders may do what you may do: this system has no means to confine them that mcsearch knows."


def describe() -> Confinement:
    """Return the confinement of decode workers on this machine, without starting one."""
    return _confinement(landlock.version(), is_filtered=seccomp.is_available(), is_boxed=sandbox.is_available())


def confine() -> Confinement:
    """Confine this process for the rest of its life, as far as the system allows, and return what applies.

    It has to be called before the process starts threads.
    """
    readable = list(dict.fromkeys(filter(os.path.exists, _readable())))
    version = landlock.version() if landlock.apply(readable) else 0
    return _confinement(version, is_filtered=seccomp.apply(), is_boxed=sandbox.apply(readable))


def _confinement(landlock_version: int, *, is_filtered: bool, is_boxed: bool) -> Confinement:
    means = (
        (f"Landlock (version {landlock_version})", landlock_version > 0),
        ("seccomp", is_filtered),
        ("the sandbox of macOS", is_boxed),
    )
    by = tuple(name for name, applies in means if applies)
    return Confinement(reads_one_file=landlock_version > 0 or is_boxed, acts_on_nothing=is_filtered or is_boxed, by=by)


def _readable() -> Iterator[str]:
    """Yield the paths that imports read. The folders of the user's programs on `sys.path` are not among them."""
    yield from (sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), *_SYSTEM)
    yield from (path for path in sys.path if os.path.basename(path) in _PACKAGE_FOLDERS or path.endswith(".zip"))
    names = {"mcsearch", *_IMPORTED_LATE, *(format_.module.partition(".")[0] for format_ in FORMATS)}
    for name in sorted(names):
        spec = importlib.util.find_spec(name)
        yield from (spec and spec.submodule_search_locations) or ()
