"""Answers that a server remembers: the lists of hits that cursors stand for, and counts, for a few seconds."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.browsing.hit_lists import HitList, Ids, Lookups
from mcsearch.records.embeddings import IndexedModel

_Value = TypeVar("_Value")

LISTS_AT_MOST = 64
_FRESH_S = 3.0
_COUNTS_AT_MOST = 256


class ForAMoment(Generic[_Value]):
    """Values by key that count for a few seconds, or until `forget`. Threads may share it."""

    def __init__(self, at_most: int, fresh_s: float = _FRESH_S) -> None:
        self._lock = threading.Lock()
        self._at_most, self._fresh_s = at_most, fresh_s
        self._making: dict[Hashable, threading.Lock] = {}
        self._values: OrderedDict[Hashable, tuple[float, _Value]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """Return the value of a key, made anew if it is not remembered."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:  # who asks for the same at the same time waits for the first
            with self._lock:
                made_at, value = self._values.get(key, (float("-inf"), None))
            if time.monotonic() - made_at < self._fresh_s:
                return value  # type: ignore[return-value]
            try:
                made = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._values[key] = time.monotonic(), made
                self._values.move_to_end(key)
                while len(self._values) > self._at_most:
                    self._values.popitem(last=False)
        return made

    def forget(self) -> None:
        """Forget all values, because the library has changed."""
        with self._lock:
            self._values.clear()


class Lists:
    """The last lists of hits, by cursor. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: OrderedDict[str, HitList] = OrderedDict()

    def get(self, cursor: str | None) -> HitList | None:
        """Return the list that a cursor stands for, or None if it is not kept any more."""
        with self._lock:
            found = self._lists.get(cursor or "")
            if found is not None:
                self._lists.move_to_end(cursor or "")
            return found

    def put(self, found: HitList, cursor: str | None = None) -> str:
        """Keep a list and return its cursor, a new one unless it is given."""
        cursor = cursor or secrets.token_urlsafe(12)
        with self._lock:
            self._lists[cursor] = found
            self._lists.move_to_end(cursor)
            while len(self._lists) > LISTS_AT_MOST:
                self._lists.popitem(last=False)
        return cursor


class Remembered:
    """All that a server remembers of its answers."""

    def __init__(self) -> None:
        self.lists = Lists()
        self.cursors: ForAMoment[str] = ForAMoment(LISTS_AT_MOST)
        self.answers: ForAMoment[Any] = ForAMoment(_COUNTS_AT_MOST)
        self.meetings: ForAMoment[Ids] = ForAMoment(LISTS_AT_MOST)

    @property
    def lookups(self) -> Lookups:
        """The lookups of lists, remembered for a few seconds."""
        return Lookups(self._count, self._meeting)

    def _count(self, library: LibraryFile, conditions: Sequence[Condition], model_id: int | None) -> int:
        key = ("count", tuple(conditions), model_id)
        count: int = self.answers.get(key, lambda: Lookups().count(library, conditions, model_id))
        return count

    def _meeting(self, library: LibraryFile, model: IndexedModel, conditions: Sequence[Condition]) -> Ids:
        key = ("meeting", tuple(conditions), model)
        ids: Ids = self.meetings.get(key, lambda: Lookups().meeting(library, model, conditions))
        return ids

    def forget(self) -> None:
        """Answer anew from now on, because the library has changed. Cursors stay."""
        self.cursors.forget()
        self.answers.forget()
        self.meetings.forget()
