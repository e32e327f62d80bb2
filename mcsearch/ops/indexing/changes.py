"""Watch folders for changes, by the system's notifications or, where there are none, by polling."""

import os
import sys
import time
from collections.abc import Callable, Generator, Iterable, Set

from mcsearch.paths import shown

Say = Callable[[str], None]
_Change = tuple[int, str]
_WAIT_S = 0.5
_POLL_EVERY_S = 2.0
# File systems for which Linux sends no notification when another machine makes a change.
_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "virtiofs", "vboxsf", "fuse.")


def say_nothing(sentence: str) -> None:
    """Ignore the sentence; the default for `say`."""


class Changes:
    """The changes below the watched folders. `say` is called with a sentence when notifications are limited."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._folders: list[str] = []
        self._reported_limit = False
        self._watchers: list[Generator[Set[_Change]]] = []
        self._found: list[Set[_Change]] = []

    def follow(self, folders: Iterable[str]) -> None:
        """Watch these folders and no others. `next` returns every change made after this method returns."""
        for watcher in self._watchers:
            watcher.close()
        self._folders, self._watchers = sorted(folders), []
        groups: dict[bool, list[str]] = {False: [], True: []}
        for folder in self._folders:
            if _is_utf8(folder):
                groups[_is_remote(folder)].append(folder)
            else:
                self._say(f"The name of {shown(folder)} is not valid UTF-8. Changes in it are found within an hour.")
        for polling, group in groups.items():
            if group:
                self._start(group, polling)

    def next(self) -> set[str] | None:
        """Return the paths that have changed, after at most a second; None if changes were missed."""
        if not self._watchers:
            time.sleep(2 * _WAIT_S)
        found, self._found = self._found, []
        try:
            found += [next(watcher) for watcher in self._watchers]
        except (OSError, RuntimeError, StopIteration):  # for instance because a file name is not valid UTF-8
            self.follow(self._folders)
            return None
        return {path for changes in found for kind, path in changes if not _is_redundant(kind, path)}

    def _start(self, folders: list[str], polling: bool) -> None:
        try:
            self._open(folders, polling=polling)
        except PermissionError:  # raised for a folder inside, so watch all others
            self._open(folders, polling=polling, ignore_permission_denied=True)
        except FileNotFoundError:  # deleted this moment; the caller notices when it checks its roots next
            pass
        except (OSError, RuntimeError):
            if polling:
                raise
            if not self._reported_limit:
                hint = " (raise fs.inotify.max_user_watches)" if sys.platform == "linux" else ""
                self._say(f"There are more folders than the system can watch{hint}; checking every few seconds.")
                self._reported_limit = True
            self._start(folders, polling=True)

    def _open(self, folders: list[str], *, polling: bool, ignore_permission_denied: bool = False) -> None:
        from watchfiles import watch

        watcher = watch(
            *folders, watch_filter=None, debounce=1000, step=200, rust_timeout=int(_WAIT_S * 1000),
            yield_on_timeout=True, force_polling=polling or None, poll_delay_ms=int(_POLL_EVERY_S * 1000),
            ignore_permission_denied=ignore_permission_denied,
        )  # fmt: skip
        self._found.append(next(watcher))  # the generator starts watching at its first step
        self._watchers.append(watcher)


def _is_utf8(folder: str) -> bool:
    try:
        return bool(folder.encode())
    except UnicodeEncodeError:
        return False


def _is_redundant(kind: int, path: str) -> bool:
    """Return whether this is a folder's "modified" event: the change inside the folder has an event of its own."""
    from watchfiles import Change

    return kind == Change.modified and os.path.isdir(path)


def _is_remote(folder: str) -> bool:
    """Return whether a folder is on a network drive according to Linux; False on other systems."""
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
