"""The indexed folders with their rules, and the mount points of their disks: the tables roots and mounts."""

import dataclasses
import datetime
import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mcsearch.library.conditions import at_or_below
from mcsearch.paths import is_under, restored, stored
from mcsearch.records.roots import RootRules

if TYPE_CHECKING:
    from mcsearch.records.status import RootStatus


class Roots:
    """Indexed folders. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self) -> dict[str, RootRules | None]:
        """Return the rules of each root by path; None for a root without rules of its own."""
        rows = self._connection.execute("SELECT path, rules FROM roots ORDER BY path")
        return {restored(path): _rules(rules) for path, rules in rows}

    def listed(self) -> "list[RootStatus]":
        """Return the status of each root, by path."""
        from mcsearch.records.status import RootStatus

        roots = []
        for path, indexed_at, rules in self._connection.execute("SELECT path, indexed_at, rules FROM roots").fetchall():
            inside = at_or_below(restored(path))
            counted = self._connection.execute(f"SELECT COUNT(*) FROM photos p WHERE {inside.sql}", inside.parameters)
            roots.append(RootStatus(restored(path), counted.fetchone()[0], indexed_at, _rules(rules)))
        return sorted(roots, key=lambda root: root.path)

    def begin(self, roots: Mapping[str, RootRules | None]) -> None:
        """Store these roots and their rules at the start of an index run.

        None keeps the stored rules of a root. Roots inside these roots are merged into them unless they have rules of
        their own.
        """
        for root, rules in roots.items():
            self._connection.execute(
                """INSERT INTO roots (path, rules) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET
                     rules = COALESCE(excluded.rules, rules)""",
                (stored(root), None if rules is None else json.dumps(dataclasses.asdict(rules))),
            )
            inside = at_or_below(root, "path")
            self._connection.execute(
                f"DELETE FROM roots WHERE {inside.sql} AND path <> ? AND rules IS NULL",
                (*inside.parameters, stored(root)),
            )

    def record(self, roots: Iterable[str]) -> None:
        """Record that an index run of these roots has completed."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._connection.executemany(
            "UPDATE roots SET indexed_at = ? WHERE path = ?", [(now, stored(root)) for root in roots]
        )

    def add_mounts(self, mounts: Iterable[str]) -> None:
        """Store the mount points of disks that contain photos."""
        self._connection.executemany(
            "INSERT INTO mounts VALUES (?) ON CONFLICT DO NOTHING", [(stored(mount),) for mount in mounts]
        )

    def forget_below(self, path: str) -> list[str]:
        """Forget the roots, the mount points and the links at or below a path, and return the roots."""
        inside = at_or_below(path, "path")
        rows = self._connection.execute(f"DELETE FROM roots WHERE {inside.sql} RETURNING path", inside.parameters)
        forgotten = sorted(restored(root) for (root,) in rows.fetchall())
        for table in ("mounts", "links"):
            self._connection.execute(f"DELETE FROM {table} WHERE {inside.sql}", inside.parameters)
        return forgotten

    def forget(self, root: str) -> None:
        """Forget one root, but not the photos below it."""
        self._connection.execute("DELETE FROM roots WHERE path = ?", (stored(root),))

    def mounts(self, folder: str | None = None) -> list[str]:
        """Return the known mount points of disks with photos, by default all, else those at or below a folder."""
        paths = (restored(path) for (path,) in self._connection.execute("SELECT path FROM mounts ORDER BY path"))
        return [path for path in paths if folder is None or is_under(path, folder)]

    def forget_mount(self, mount: str) -> None:
        """Forget a mount point."""
        self._connection.execute("DELETE FROM mounts WHERE path = ?", (stored(mount),))


def _rules(text: str | None) -> RootRules | None:
    if text is None:
        return None
    rules = json.loads(text)
    # Earlier versions kept the '' that undoes globs.
    return RootRules(tuple(filter(None, rules.pop("exclude"))), **rules)
