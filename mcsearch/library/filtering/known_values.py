"""The values that the photos of a library have: for suggestions when nothing matches, and for completion in the shell.

Imports neither numpy nor anything else that takes time.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from mcsearch.levels import is_within
from mcsearch.library.conditions import DATED, LOCAL_TIME, Condition, together
from mcsearch.likeness import nearest
from mcsearch.paths import below, is_under, restored, stored

_COMPLETION_TAKES_AT_MOST_S = 1.0
_FOLDERS_AT_MOST = 10_000


class KnownValues:
    """Queries for the distinct values of a library, sorted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def labels(self) -> list[str]:
        """Return the labels of all tags, keywords and named people."""
        by_hand = self._connection.execute("SELECT DISTINCT label FROM hand_tags WHERE given").fetchall()
        keywords = self._connection.execute("SELECT DISTINCT label FROM keywords").fetchall()
        return sorted({label for _, _, label in self._tags()} | {label for (label,) in (*by_hand, *keywords)})

    def labels_within(self, label: str) -> list[str]:
        """Return the labels of the tags of models that are a label or below it."""
        return sorted({one for _, _, one in self._tags() if is_within(one, label)})

    def sets(self) -> list[str]:
        """Return the names of the sets of tags of all models."""
        return sorted({set_name for _, set_name, _ in self._tags()})

    def models(self) -> list[str]:
        """Return the names of the models that have embedded photos."""
        return [name for (name,) in self._connection.execute("SELECT name FROM models ORDER BY name")]

    def roots(self) -> list[str]:
        """Return the paths of the indexed folders."""
        return [restored(path) for (path,) in self._connection.execute("SELECT path FROM roots ORDER BY path")]

    def of_fact(self, column: str, conditions: Sequence[Condition] = ()) -> list[str]:
        """Return the values of a fact, "camera", "lens" or "format", of the photos that meet the conditions."""
        assert column in ("camera", "lens", "format")
        where, parameters = together(conditions)
        photos = f"JOIN photos p ON p.id = f.photo_id WHERE {where} AND" if conditions else "WHERE"
        rows = self._connection.execute(
            f"SELECT DISTINCT f.{column} FROM facts f {photos} f.{column} IS NOT NULL ORDER BY 1", parameters
        )
        return [value for (value,) in rows]

    def places(self) -> list[str]:
        """Return the names of the towns, regions and countries where photos were taken."""
        rows = self._connection.execute(
            "SELECT town, region, country FROM places WHERE id IN (SELECT place_id FROM facts)"
        )
        return sorted({name for row in rows for name in row if name})

    def dates(self, conditions: Sequence[Condition] = ()) -> tuple[str, str] | None:
        """Return the local times of the oldest and of the newest dated photo that meets the conditions, if any."""
        where, parameters = together(conditions)
        oldest, newest = self._connection.execute(
            f"""SELECT MIN({LOCAL_TIME}), MAX({LOCAL_TIME}) FROM facts f JOIN photos p ON p.id = f.photo_id
                WHERE {where} AND {DATED}""",
            parameters,
        ).fetchone()
        return None if oldest is None else (oldest, newest)

    def highest_rating(self, conditions: Sequence[Condition] = ()) -> int | None:
        """Return the highest rating of the photos that meet the conditions, or None if none is rated."""
        return self._highest("f.rating", conditions)

    def most_pixels(self, conditions: Sequence[Condition] = ()) -> int | None:
        """Return the number of pixels of the largest photo that meets the conditions, or None if none is known."""
        return self._highest("f.width * f.height", conditions)

    def folders_in(self, folder: str) -> list[str]:
        """Return the paths of the folders directly in a folder that have photos below them."""
        found: list[str] = []
        low, high = below(folder)
        start = low
        while len(found) < _FOLDERS_AT_MOST:  # seeks from one folder to the next instead of reading every path
            row = self._connection.execute(
                "SELECT path FROM photos WHERE path >= ? AND path < ? ORDER BY path LIMIT 1",
                (stored(start), stored(high)),
            ).fetchone()
            if row is None:
                break
            path = restored(row[0])
            name, separator, _ = path[len(low) :].partition(os.sep)
            if separator:
                found.append(low + name)
            start = below(low + name)[1] if separator else path + "\0"
        return found

    def folder_like(self, asked: str) -> str | None:
        """Return the folder with photos whose path is most like an absolute one, or None if none is like it.

        It is a root, or it has the same path down to some folder, where only one name is spelled otherwise.
        """
        roots = self.roots()
        if (root := nearest(asked, roots, cutoff=0.85)) is not None and not any(is_under(asked, one) for one in roots):
            return root
        parts = asked.split(os.sep)
        for number in range(len(parts) - 1, 0, -1):
            above = os.sep.join(parts[:number]) or os.sep
            siblings = {os.path.basename(folder): folder for folder in self.folders_in(above)}
            if siblings:
                name = nearest(parts[number], siblings)
                return None if name is None else siblings[name]
        return None

    def _highest(self, fact: str, conditions: Sequence[Condition]) -> int | None:
        where, parameters = together(conditions)
        (highest,) = self._connection.execute(
            f"SELECT MAX({fact}) FROM facts f JOIN photos p ON p.id = f.photo_id WHERE {where}", parameters
        ).fetchone()
        return None if highest is None else int(highest)

    def _tags(self) -> Iterator[tuple[int, str, str]]:
        """Yield model, set and label of the tags of models, by seeking from one to the next in the primary key."""
        last: tuple[int, str, str] | None = (-1, "", "")
        while last is not None:
            last = self._connection.execute(
                """SELECT model_id, set_name, label FROM tags WHERE (model_id, set_name, label) > (?, ?, ?)
                   ORDER BY model_id, set_name, label LIMIT 1""",
                last,
            ).fetchone()
            if last is not None:
                yield last


@contextlib.contextmanager
def known_values_for_completion(file: Path) -> Iterator[KnownValues]:
    """Open a library for reading only, for a moment. Raises sqlite3.Error, also when a query takes too long."""
    connection = sqlite3.connect(f"file:{quote(os.fsencode(Path(file).as_posix()))}?mode=ro", uri=True, timeout=0.2)
    try:
        end = time.monotonic() + _COMPLETION_TAKES_AT_MOST_S
        connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
        yield KnownValues(connection)
    finally:
        connection.close()
