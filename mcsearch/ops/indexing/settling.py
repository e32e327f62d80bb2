"""Paths that have changed, until what is there has stopped changing."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

QUIET_S = 1.0


@dataclass(frozen=True, slots=True)
class _Seen:
    state: Hashable
    look_again_at: float


class Settling:
    """Paths wait here until two looks at them, at least `quiet_s` seconds apart, find the same.

    `look` says what is at a path: sizes and times of the files, say. It may be asked about one that is gone.
    """

    def __init__(self, look: Callable[[str], Hashable], quiet_s: float = QUIET_S) -> None:
        self._look, self._quiet_s = look, quiet_s
        self._seen: dict[str, _Seen] = {}

    def add(self, path: str) -> None:
        """Take in a path that has changed."""
        if path not in self._seen:
            self._seen[path] = self._looked(path)

    def settled(self) -> list[str]:
        """Look again where it is time to; the paths that have settled, which wait no longer."""
        settled = []
        for path, seen in list(self._seen.items()):
            if time.monotonic() < seen.look_again_at:
                continue
            self._seen[path] = now = self._looked(path)
            if now.state == seen.state:
                settled.append(path)
                del self._seen[path]
        return settled

    def _looked(self, path: str) -> _Seen:
        started = time.monotonic()
        state = self._look(path)
        ended = time.monotonic()
        return _Seen(state, ended + max(self._quiet_s, 10 * (ended - started)))  # a large folder must not keep us busy
