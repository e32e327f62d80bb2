"""The symbolic links through which scans reached photos: the table links."""

import os
import sqlite3
from collections.abc import Iterable, Iterator

from mcsearch.library.conditions import Condition, at_or_below
from mcsearch.paths import folders_above, restored, stored


class Links:
    """Links inside roots and where they lead. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(self, places: Iterable[str], links: Iterable[str]) -> None:
        """Store the links that a scan of these places has found, in place of those stored below the places."""
        for place in places:
            self.forget_below(place)
        self._connection.executemany(
            "INSERT INTO links VALUES (?, ?) ON CONFLICT DO UPDATE SET target = excluded.target",
            [(stored(link), stored(os.path.realpath(link))) for link in links],
        )

    def forget_below(self, path: str) -> None:
        """Forget the links at or below a path."""
        inside = at_or_below(path, "path")
        self._connection.execute(f"DELETE FROM links WHERE {inside.sql}", inside.parameters)

    def leading_to(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield each link that leads to a real path or to a folder above it, and the path by way of the link."""
        folders = tuple(map(stored, (path, *folders_above(path))))
        for link, target in self._found(Condition(f"target IN ({', '.join('?' * len(folders))})", folders)):
            yield link, link if target == path else os.path.join(link, os.path.relpath(path, target))

    def leading_below(self, path: str) -> list[str]:
        """Return the links that lead to something below a real path."""
        return [link for link, target in self._found(at_or_below(path, "target")) if target != path]

    def _found(self, condition: Condition) -> list[tuple[str, str]]:
        rows = self._connection.execute(
            f"SELECT path, target FROM links WHERE {condition.sql} ORDER BY path", condition.parameters
        )
        return [(restored(path), restored(target)) for path, target in rows.fetchall()]
