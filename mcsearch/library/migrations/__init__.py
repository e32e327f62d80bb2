"""The schema of the library file, as steps that are applied in order and never edited afterwards.

Importing this imports sqlite-utils, so it happens only for a file whose `PRAGMA user_version` is not VERSION yet.
"""

import sqlite3

from sqlite_utils import Database

# Importing the steps registers them, in this order.
from mcsearch.library.migrations import first_steps, later_steps, newest_steps  # noqa: F401
from mcsearch.library.migrations.steps import REWRITING, migrations


def migrate(connection: sqlite3.Connection, *, stop_before: str | None = None) -> None:
    """Bring a library, or an empty file, to the newest schema. `stop_before` is for tests of migrations."""
    migrations.apply(Database(connection), stop_before=stop_before)
    if stop_before is None:
        (steps,) = connection.execute("SELECT COUNT(*) FROM _sqlite_migrations").fetchone()
        connection.execute(f"PRAGMA user_version = {steps}")


def will_rewrite(connection: sqlite3.Connection) -> bool:
    """Return whether `migrate` would drop or rebuild tables of a library, and not merely add to it."""
    applied = {step.name for step in migrations.applied(Database(connection))}
    return bool(applied) and not applied >= REWRITING
