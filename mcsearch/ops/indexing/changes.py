"""What changes below folders: told by the system, or found by looking every few seconds where it does not tell."""

import os
import sys
import time
from collections.abc import Callable, Generator, Iterable, Set

from mcsearch.paths import shown

Say = Callable[[str], None]
_Change = tuple[int, str]
_WAIT_S = 0.5
_LOOK_EVERY_S = 2.0
# File systems whose changes, made by another machine, the system does not tell of.
_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "virtiofs", "vboxsf", "fuse.")


def say_nothing(sentence: str) -> None:
    """For whoever does not want to know."""


class Changes:
    """The changes below the folders that are followed. `say` is given a sentence when something is amiss."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._folders: list[str] = []
        self._told = False
        self._watchers: list[Generator[Set[_Change]]] = []
        self._found: list[Set[_Change]] = []

    def follow(self, folders: Iterable[str]) -> None:
        """Follow these folders and no others. Every change from the moment this returns comes out of `next`."""
        for watcher in self._watchers:
            watcher.close()
        self._folders, self._watchers = sorted(folders), []
        groups: dict[bool, list[str]] = {False: [], True: []}
        for folder in self._folders:
            if _is_utf8(folder):
                groups[_is_remote(folder)].append(folder)
            else:
                self._say(f"The name of {shown(folder)} is no valid UTF-8. What changes there is found within an hour.")
        for polling, group in groups.items():
            if group:
                self._start(group, polling)

    def next(self) -> set[str] | None:
        """The paths that have changed; waits a second at most. None: changes were missed, anything may have changed."""
        if not self._watchers:
            time.sleep(2 * _WAIT_S)
        found, self._found = self._found, []
        try:
            found += [next(watcher) for watcher in self._watchers]
        except (OSError, RuntimeError, StopIteration):  # such as a file name that is no valid UTF-8
            self.follow(self._folders)
            return None
        return {path for changes in found for kind, path in changes if not _says_nothing(kind, path)}

    def _start(self, folders: list[str], polling: bool) -> None:
        try:
            self._open(folders, polling=polling)
        except PermissionError:  # of a folder inside; without it, then
            self._open(folders, polling=polling, ignore_permission_denied=True)
        except FileNotFoundError:  # gone just now, which the next look at the folders will show
            pass
        except (OSError, RuntimeError):
            if polling:
                raise
            if not self._told:
                hint = " (raise fs.inotify.max_user_watches)" if sys.platform == "linux" else ""
                self._say(f"There are more folders than the system lets us watch{hint}; looking every few seconds.")
                self._told = True
            self._start(folders, polling=True)

    def _open(self, folders: list[str], *, polling: bool, ignore_permission_denied: bool = False) -> None:
        from watchfiles import watch

        watcher = watch(
            *folders, watch_filter=None, debounce=1000, step=200, rust_timeout=int(_WAIT_S * 1000),
            yield_on_timeout=True, force_polling=polling or None, poll_delay_ms=int(_LOOK_EVERY_S * 1000),
            ignore_permission_denied=ignore_permission_denied,
        )  # fmt: skip
        self._found.append(next(watcher))  # only now it watches
        self._watchers.append(watcher)


def _is_utf8(folder: str) -> bool:
    try:
        return bool(folder.encode())
    except UnicodeEncodeError:
        return False


def _says_nothing(kind: int, path: str) -> bool:
    """Whether it is the change of a folder that only says that something in it has changed."""
    from watchfiles import Change

    return kind == Change.modified and os.path.isdir(path)


def _is_remote(folder: str) -> bool:
    """Whether a folder is on a network drive, as far as Linux says; elsewhere False."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            mounts = [line.split(" ") for line in file]
    except OSError:
        return False
    types = {_unescaped(fields[1]): fields[2] for fields in mounts if len(fields) > 2}
    while folder not in types and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return types.get(folder, "").startswith(_REMOTE)


def _unescaped(mount: str) -> str:
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        mount = mount.replace(octal, character)
    return mount
