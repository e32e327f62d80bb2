"""Everything the library knows about one file, collected from its tables."""

import datetime
import sqlite3
from typing import Any

from mcsearch.library.photo_facts.facts import PhotoFacts
from mcsearch.library.placing.place_names import PlaceNames
from mcsearch.library.tags import Tags
from mcsearch.library.texts.captions import Captions
from mcsearch.library.texts.read_texts import ReadTexts
from mcsearch.paths import restored, stored
from mcsearch.records.photos import Failure, Photo
from mcsearch.records.tags import PhotoTag

_MODELS = "SELECT m.name FROM {} e JOIN models m ON m.id = e.model_id WHERE e.content_id = ? ORDER BY m.name"


def one_photo(connection: sqlite3.Connection, path: str) -> Photo | None:
    """Return what is known about a photo or a failed file; for a companion, about its photo; None for other files."""
    execute, key = connection.execute, (stored(path),)
    failure = execute("SELECT size_bytes, mtime_ns, reason, failed_at FROM failures WHERE path = ?", key).fetchone()
    photo = execute(
        """SELECT p.size_bytes, p.mtime_ns, p.id, p.content_id, c.content_hash
           FROM photos p JOIN contents c ON c.id = p.content_id WHERE p.path = ?""",
        key,
    ).fetchone()
    if photo is None and failure is None:
        belongs_to = execute("SELECT photo_path FROM companions WHERE path = ?", key).fetchone()
        return one_photo(connection, restored(belongs_to[0])) if belongs_to is not None else None
    size_bytes, mtime_ns, *known = photo or (*failure[:2], None, None, None)
    photo_id, content_id, content_hash = known
    facts = PhotoFacts(connection).of_photo(path)
    tags = () if photo_id is None else Tags(connection).of_photo(photo_id)
    by_source = (("embedded", facts.keywords), ("person", facts.people)) if facts else ()
    words = (PhotoTag(label, source) for source, labels in by_source for label in labels)
    models, from_preview = (
        tuple(name for (name,) in execute(_MODELS.format(table), (content_id,)))
        for table in ("embeddings", "from_previews")
    )
    copies = execute("SELECT path FROM photos WHERE content_id = ? AND path <> ? ORDER BY path", (content_id, *key))
    damage = execute("SELECT reason, found_at FROM damage WHERE content_id = ?", (content_id,)).fetchone()
    companions = execute("SELECT path FROM companions WHERE photo_path = ? ORDER BY path", key)
    return Photo(
        path=path,
        size_bytes=size_bytes,
        modified_at=datetime.datetime.fromtimestamp(mtime_ns // 10**9, datetime.UTC).isoformat(),
        content_hash=None if content_hash is None else content_hash.hex(),
        facts=facts,
        place=PlaceNames(connection).of_photo(path),
        sidecars=PhotoFacts(connection).sidecars(path),
        tags=(*tags, *words),
        models=models,
        copies=tuple(restored(other) for (other,) in copies),
        companions=tuple(restored(other) for (other,) in companions),
        failure=_failure(path, failure, damage),
        text=ReadTexts(connection).of_photo(path),
        described=Captions(connection).of_photo(path),
        from_preview=from_preview,
    )


def _failure(path: str, failure: tuple[Any, ...] | None, damage: tuple[str, str] | None) -> Failure | None:
    if failure is not None:
        return Failure(path, *failure[2:])
    return None if damage is None else Failure(path, damage[0], damage[1], damaged=True)
