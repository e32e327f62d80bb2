"""What a library contains, without the ids and times that differ between two runs over the same photos."""

import sqlite3
from pathlib import Path
from typing import Any

# Tables that count or name what is done to the file rather than what it knows.
_LEFT_OUT = {"_sqlite_migrations", "sqlite_sequence", "embedding_changes"}
# How SQLite stores the table texts depends on the order of changes.
_LEFT_OUT |= {"texts_data", "texts_idx", "texts_docsize", "texts_config", "texts_content"}
_TIMES = {"id", "failed_at", "found_at", "indexed_at", "unused_since"}
_NAMES = {
    "photo_id": "(SELECT path FROM photos WHERE id = photo_id)",
    "content_id": "(SELECT hex(content_hash) FROM contents WHERE id = content_id)",
    "model_id": "(SELECT name FROM models WHERE id = model_id)",
}


def contents(file: Path) -> dict[str, list[Any]]:
    """Return every row of every table, sorted, with names in the place of ids."""
    with sqlite3.connect(file) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in sorted(set(tables) - _LEFT_OUT):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")]
            named = ", ".join(_NAMES.get(column, column) for column in columns if column not in _TIMES)
            found[table] = sorted(connection.execute(f"SELECT {named} FROM '{table}'").fetchall(), key=repr)
    return found
