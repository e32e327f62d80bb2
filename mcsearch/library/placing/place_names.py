"""The names of the places where photos were taken: the table places, and the column of facts that refers to it."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mcsearch.library.conditions import Condition, together
from mcsearch.likeness import folded
from mcsearch.paths import stored
from mcsearch.records.answers import Hit
from mcsearch.records.photos import PlaceName

if TYPE_CHECKING:
    from mcsearch.library.placing.nearest import Gazetteer

# The row of `places` for positions that are far from all towns.
_NOWHERE_ID = 0
_UNNAMED = "latitude IS NOT NULL AND place_id IS NULL"
_AT_ONCE = 100_000
_COLUMNS = "town, region, country, country_code"


class PlaceNames:
    """Names of places, by photo. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def has_unnamed(self) -> bool:
        """Return whether any photo has a position whose name has not been looked up."""
        return bool(self._connection.execute(f"SELECT EXISTS (SELECT 1 FROM facts WHERE {_UNNAMED})").fetchone()[0])

    def name_all(self) -> int:
        """Look up the names of the positions that have none, and return the number of photos.

        Raises UsageError if the gazetteer is not installed.
        """
        import numpy as np

        from mcsearch.library.placing.nearest import gazetteer  # not to read names that are known

        named = 0
        while rows := self._connection.execute(
            f"SELECT photo_id, latitude, longitude FROM facts WHERE {_UNNAMED} LIMIT ?", (_AT_ONCE,)
        ).fetchall():
            towns = gazetteer()
            places = towns.places(np.array([row[1:] for row in rows], np.float64)).tolist()
            ids = self._ids(sorted(set(places)), towns)
            self._connection.executemany(
                "UPDATE facts SET place_id = ? WHERE photo_id = ?",
                [(ids[place], photo_id) for place, (photo_id, *_) in zip(places, rows, strict=True)],
            )
            named += len(rows)
        return named

    def of_photo(self, path: str) -> PlaceName | None:
        """Return the name of the place where a photo was taken, or None."""
        row = self._connection.execute(
            f"""SELECT {_COLUMNS} FROM photos p JOIN facts f ON f.photo_id = p.id JOIN places n ON n.id = f.place_id
                WHERE p.path = ? AND n.country IS NOT NULL""",
            (stored(path),),
        ).fetchone()
        return None if row is None else PlaceName(*row)

    def of_hits(self, hits: Iterable[Hit]) -> list[Hit]:
        """Return the hits with the names of their places."""
        named = ((hit, self.of_photo(hit.path)) for hit in hits)
        return [hit if name is None else replace(hit, place=str(name)) for hit, name in named]

    def counts(self, conditions: Sequence[Condition] = ()) -> list[tuple[PlaceName, int]]:
        """Return each place with the number of photos taken there that meet the conditions, most photos first."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT {_COLUMNS}, COUNT(*) FROM photos p JOIN facts f ON f.photo_id = p.id
                JOIN places n ON n.id = f.place_id WHERE {where} AND n.country IS NOT NULL
                GROUP BY n.id ORDER BY COUNT(*) DESC, country, region, town""",
            parameters,
        )
        return [(PlaceName(*name), count) for *name, count in rows]

    def _ids(self, places: Sequence[int], towns: "Gazetteer") -> dict[int, int]:
        """Return the id of each place, a number of the gazetteer; new places are stored."""
        names = {place: towns.name(place) for place in places}
        known: dict[PlaceName, int] = {
            PlaceName(*name): place_id
            for place_id, *name in self._connection.execute(
                f"SELECT id, {_COLUMNS} FROM places WHERE id <> ?", (_NOWHERE_ID,)
            )
        }
        new = sorted({name for name in names.values() if name is not None and name not in known}, key=str)
        for name, others in zip(new, towns.other_names(new), strict=True):
            known[name] = self._connection.execute(
                f"INSERT INTO places ({_COLUMNS}, names) VALUES (?, ?, ?, ?, ?) RETURNING id",
                (name.town, name.region, name.country, name.country_code, _searched(name, others)),
            ).fetchone()[0]
        return {place: _NOWHERE_ID if name is None else known[name] for place, name in names.items()}


def _searched(name: PlaceName, others: Sequence[str]) -> str:
    """Return all names of a place as they are compared: folded, one on each line, with line breaks around them."""
    spellings = (name.town, name.region, name.country, *others)
    return "\n".join(["", *dict.fromkeys(folded(one) for one in spellings if one), ""])
