"""Which tables, indexes and triggers a library lacks, and how those are put back whose content can be made again.

A table that is not in DERIVED holds what somebody gave, or what no command can find out again.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Derived:
    """How a table that was put back gets its rows again.

    `again` says it to the user; `marking` are statements that mark or write what has to be made again.
    """

    again: str
    marking: tuple[str, ...] = ()


# The ids of embeddings begin anew, so that copies of vectors can no longer tell what is new by them.
_DISTRUST_COPIES = ("DELETE FROM embedding_changes", "INSERT INTO embedding_changes DEFAULT VALUES")
_WRITTEN = "was written anew"
DERIVED = {
    "_sqlite_migrations": Derived(_WRITTEN),
    "captions": Derived("is empty; mcsearch caption fills it again"),
    "companions": Derived("is empty; mcsearch index fills it again"),
    "damage": Derived("is empty; mcsearch index --force fills it again"),
    "embedding_changes": Derived("was begun anew"),
    "embeddings": Derived("is empty; mcsearch index embeds the photos again", _DISTRUST_COPIES),
    "facts": Derived("is empty; mcsearch index fills it again"),
    "failures": Derived("is empty; mcsearch index fills it again"),
    # Whatever may be the embedding of a preview counts as one, so that none is taken for that of a picture.
    "from_previews": Derived(
        _WRITTEN,
        (
            """INSERT INTO from_previews (content_id, model_id) SELECT content_id, model_id FROM embeddings
               WHERE EXISTS (SELECT 1 FROM roots WHERE json_extract(rules, '$.previews'))""",
        ),
    ),
    "keywords": Derived("is empty; mcsearch index fills it again", ("UPDATE facts SET readers_version = 0",)),
    "last_model": Derived(
        _WRITTEN,
        ("INSERT INTO last_model (name, weights) SELECT name, weights FROM models ORDER BY is_default DESC LIMIT 1",),
    ),
    "links": Derived("is empty; mcsearch index fills it again"),
    "places": Derived("is empty; mcsearch index fills it again", ("UPDATE facts SET place_id = NULL",)),
    "prompts": Derived("is empty; each query fills it again"),
    "read_texts": Derived("is empty; mcsearch read fills it again"),
    "signatures": Derived("is empty; mcsearch dupes fills it again"),
    "stale_texts": Derived(_WRITTEN),
    "tags": Derived("is empty; mcsearch tag fills it again"),
    "taught_classifiers": Derived("is empty; mcsearch tag fills it again"),
    "texts": Derived(_WRITTEN),
}
_WORDS = "texts"
_IN_PLACE = "embeddings_updated"  # the trigger without which embeddings may have been changed in place


class _Part(NamedTuple):
    """A table, index, trigger or view, with the table that it belongs to and the SQL that makes it."""

    kind: str
    name: str
    table: str
    sql: str


class Missing(NamedTuple):
    """The names of the tables that a library lacks, and of the indexes and triggers of those that it has."""

    tables: list[str]
    others: list[str]


class Parts:
    """The tables, indexes, triggers and views of a library. `put_back` belongs inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def missing(self) -> Missing:
        """Return what this library lacks of what a new one has."""
        with _new_library() as new:
            missing = self._missing(new)
        tables = {part.name for part in missing if part.kind == "table"}
        others = sorted(part.name for part in missing if part.table not in tables)
        return Missing(sorted({_WORDS if _is_of_words(name) else name for name in tables}), others)

    def put_back(self) -> None:
        """Create what is missing, and mark what has to be made again because of it. Raises sqlite3.Error."""
        with _new_library() as new:
            missing = self._missing(new)
            tables = [part for part in missing if part.kind == "table"]
            for part in tables:
                if not _is_of_words(part.name):
                    self._create(new, part)
            if any(_is_of_words(part.name) for part in tables):
                self._begin_words_anew(new, tables)
        for part in missing:
            if part.kind != "table":
                self._connection.execute(part.sql)
        for part in missing:
            marking = _DISTRUST_COPIES if part.name == _IN_PLACE else ()
            for statement in DERIVED[part.name].marking if part.name in DERIVED else marking:
                self._connection.execute(statement)
        self._connection.execute("INSERT OR IGNORE INTO stale_texts SELECT id FROM photos")

    def _missing(self, new: sqlite3.Connection) -> list[_Part]:
        """Return the parts of a new library that this one lacks."""
        present = {(part.kind, part.name) for part in _parts(self._connection)}
        return [part for part in _parts(new) if (part.kind, part.name) not in present]

    def _create(self, new: sqlite3.Connection, part: _Part) -> None:
        """Create a table with the rows that it has in a new library."""
        self._connection.execute(part.sql)
        for row in new.execute(f"SELECT * FROM {part.name}").fetchall():
            self._connection.execute(f"INSERT INTO {part.name} VALUES ({', '.join('?' * len(row))})", row)

    def _begin_words_anew(self, new: sqlite3.Connection, tables: Sequence[_Part]) -> None:
        """Make the index of words anew, which consists of several tables. SQLite drops it only if all are there."""
        [whole] = [part for part in _parts(new) if part.name == _WORDS]
        if whole in tables:
            for part in _parts(self._connection):
                if _is_of_words(part.name):
                    self._connection.execute(f"DROP TABLE {part.name}")
        else:
            for part in filter(lambda part: _is_of_words(part.name), tables):
                self._create(new, part)
            self._connection.execute(f"DROP TABLE {_WORDS}")
        self._connection.execute(whole.sql)


def _is_of_words(table: str) -> bool:
    return table == _WORDS or table.startswith(f"{_WORDS}_")


@contextlib.contextmanager
def _new_library() -> Iterator[sqlite3.Connection]:
    from mcsearch.library.migrations import migrate  # slow to import

    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        migrate(new)
        yield new


def _parts(connection: sqlite3.Connection) -> list[_Part]:
    """Return the parts of a library, without those that SQLite makes itself."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return [_Part(*row) for row in rows if not row[1].startswith("sqlite_")]
