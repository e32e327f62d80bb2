"""The steps up to format 8. They are never edited."""

from sqlite_utils import Database

from mcsearch.library.migrations.steps import migrations


@migrations()
def m001_photos(db: Database) -> None:
    db.execute(
        """CREATE TABLE contents (
             id INTEGER PRIMARY KEY,
             content_hash BLOB NOT NULL UNIQUE,
             size_bytes INTEGER NOT NULL
           ) STRICT"""
    )
    db.execute("CREATE INDEX contents_size_bytes ON contents (size_bytes)")
    # ANY: text, or a blob of the raw bytes where a file name is not valid Unicode.
    db.execute(
        """CREATE TABLE photos (
             id INTEGER PRIMARY KEY,
             path ANY NOT NULL UNIQUE,
             size_bytes INTEGER NOT NULL,
             mtime_ns INTEGER NOT NULL,
             content_id INTEGER NOT NULL REFERENCES contents (id)
           ) STRICT"""
    )
    db.execute("CREATE INDEX photos_content_id ON photos (content_id)")
    db.execute(
        """CREATE TABLE failures (
             path ANY NOT NULL PRIMARY KEY,
             size_bytes INTEGER NOT NULL,
             mtime_ns INTEGER NOT NULL,
             reason TEXT NOT NULL,
             retry INTEGER NOT NULL,
             failed_at TEXT NOT NULL
           ) STRICT"""
    )
    db.execute("CREATE TABLE roots (path ANY NOT NULL PRIMARY KEY, indexed_at TEXT) STRICT")
    db.execute("CREATE TABLE mounts (path ANY NOT NULL PRIMARY KEY) STRICT")


@migrations()
def m002_vectors(db: Database) -> None:
    db.execute(
        """CREATE TABLE models (
             id INTEGER PRIMARY KEY,
             name TEXT NOT NULL UNIQUE,
             fingerprint TEXT NOT NULL,
             dimensions INTEGER NOT NULL,
             logit_scale REAL NOT NULL,
             logit_bias REAL,
             weights TEXT,
             is_default INTEGER NOT NULL DEFAULT 0
           ) STRICT"""
    )
    # AUTOINCREMENT: an id is never given twice, so a cache knows what is new by the highest id it has.
    db.execute(
        """CREATE TABLE embeddings (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
             content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
             vector BLOB NOT NULL,
             UNIQUE (content_id, model_id)
           ) STRICT"""
    )
    db.execute(
        """CREATE TABLE prompts (
             model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
             prompt TEXT NOT NULL,
             vector BLOB NOT NULL,
             PRIMARY KEY (model_id, prompt)
           ) STRICT"""
    )


@migrations()
def m003_tags(db: Database) -> None:
    db.execute(
        """CREATE TABLE tags (
             model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
             label TEXT NOT NULL,
             content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
             score REAL NOT NULL,
             probability REAL NOT NULL,
             PRIMARY KEY (model_id, label, content_id)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX tags_content_id ON tags (content_id)")


@migrations()
def m004_embedding_changes(db: Database) -> None:
    # A row for each commit that added embeddings. A copy that knows the last row of its time tells by the token
    # whether the library has gone on from there, or from a backup that was put back.
    db.execute(
        """CREATE TABLE embedding_changes (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             token INTEGER NOT NULL DEFAULT (random())
           ) STRICT"""
    )
    db.execute("INSERT INTO embedding_changes DEFAULT VALUES")
    # Another program has changed an embedding in place: no copy is any good.
    db.execute(
        """CREATE TRIGGER embeddings_updated AFTER UPDATE ON embeddings BEGIN
             DELETE FROM embedding_changes;
             INSERT INTO embedding_changes (token) VALUES (random());
           END"""
    )


@migrations()
def m005_facts(db: Database) -> None:
    db.execute(
        """CREATE TABLE facts (
             photo_id INTEGER PRIMARY KEY REFERENCES photos (id) ON DELETE CASCADE,
             format TEXT,
             taken_at TEXT,
             taken_from TEXT,
             width INTEGER,
             height INTEGER,
             camera TEXT,
             lens TEXT,
             latitude REAL,
             longitude REAL,
             altitude_m REAL,
             x REAL,
             y REAL,
             z REAL,
             rating INTEGER,
             caption TEXT,
             sidecar ANY,
             sidecar_size_bytes INTEGER,
             sidecar_mtime_ns INTEGER
           ) STRICT"""
    )
    db.execute("CREATE INDEX facts_latitude ON facts (latitude) WHERE latitude IS NOT NULL")
    db.execute(
        """CREATE TABLE keywords (
             photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
             label TEXT NOT NULL,
             PRIMARY KEY (photo_id, label)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX keywords_label ON keywords (label COLLATE NOCASE)")


@migrations()
def m006_raw_pairs(db: Database) -> None:
    db.execute("CREATE TABLE companions (path ANY NOT NULL PRIMARY KEY, photo_path ANY NOT NULL) STRICT")
    db.execute("CREATE INDEX companions_photo_path ON companions (photo_path)")


@migrations()
def m007_roots(db: Database) -> None:
    # How a root was indexed, as a JSON object, so that it can be indexed again in the same way.
    db.execute("ALTER TABLE roots ADD COLUMN rules TEXT")
    # Since when no photo has had a content, kept by triggers because photos come and go in many ways.
    db.execute("ALTER TABLE contents ADD COLUMN unused_since TEXT")
    now = "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')"
    unused = "NOT EXISTS (SELECT 1 FROM photos p WHERE p.content_id = contents.id)"
    db.execute(f"UPDATE contents SET unused_since = {now} WHERE {unused}")
    use = "UPDATE contents SET unused_since = NULL WHERE id = NEW.content_id AND unused_since IS NOT NULL"
    leave = f"UPDATE contents SET unused_since = {now} WHERE id = OLD.content_id AND {unused}"
    db.execute(f"CREATE TRIGGER photo_comes AFTER INSERT ON photos BEGIN {use}; END")
    db.execute(f"CREATE TRIGGER photo_goes AFTER DELETE ON photos BEGIN {leave}; END")
    db.execute(
        f"""CREATE TRIGGER photo_changes AFTER UPDATE OF content_id ON photos
            WHEN NEW.content_id <> OLD.content_id BEGIN {use}; {leave}; END"""
    )


@migrations()
def m008_perceptual_hashes(db: Database) -> None:
    db.execute(
        """CREATE TABLE perceptual_hashes (
             content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
             hash INTEGER NOT NULL
           ) STRICT"""
    )
