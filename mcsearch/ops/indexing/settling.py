"""Hold changed paths back until they have stopped changing."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

QUIET_S = 1.0


@dataclass(frozen=True, slots=True)
class _Seen:
    state: Hashable
    check_again_at: float


class Settling:
    """Changed paths that wait until two checks at least `quiet_s` seconds apart find them in the same state.

    `look` returns the state of a path, such as the sizes and times of its files. The path may no longer exist.
    """

    def __init__(self, look: Callable[[str], Hashable], quiet_s: float = QUIET_S) -> None:
        self._look, self._quiet_s = look, quiet_s
        self._seen: dict[str, _Seen] = {}

    def add(self, path: str) -> None:
        """Add a path that has changed."""
        if path not in self._seen:
            self._seen[path] = self._checked(path)

    def settled(self) -> list[str]:
        """Check the paths that are due, and return and remove those that have settled."""
        settled = []
        for path, seen in list(self._seen.items()):
            if time.monotonic() < seen.check_again_at:
                continue
            self._seen[path] = now = self._checked(path)
            if now.state == seen.state:
                settled.append(path)
                del self._seen[path]
        return settled

    def _checked(self, path: str) -> _Seen:
        started = time.monotonic()
        state = self._look(path)
        ended = time.monotonic()
        # The factor keeps the checks of a large folder from taking more than a tenth of the time.
        return _Seen(state, ended + max(self._quiet_s, 10 * (ended - started)))
