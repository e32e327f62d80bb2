"""The steps from format 9 to 18. They are never edited."""

import json

from sqlite_utils import Database

from mcsearch.library.migrations.steps import migrations


@migrations()
def m009_sidecars(db: Database) -> None:
    # A photo may have several sidecars: a JSON list of [path, size, mtime], or NULL.
    db.execute("ALTER TABLE facts ADD COLUMN sidecars TEXT")
    rows = db.execute(
        "SELECT photo_id, sidecar, sidecar_size_bytes, sidecar_mtime_ns FROM facts WHERE sidecar IS NOT NULL"
    ).fetchall()
    for photo_id, path, size_bytes, mtime_ns in rows:
        text = path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else path
        listed = json.dumps([[text, size_bytes, mtime_ns]], separators=(",", ":"))
        db.execute("UPDATE facts SET sidecars = ? WHERE photo_id = ?", (listed, photo_id))
    for column in ("sidecar", "sidecar_size_bytes", "sidecar_mtime_ns"):
        db.execute(f"ALTER TABLE facts DROP COLUMN {column}")


@migrations()
def m010_keyword_sources(db: Database) -> None:
    # A name may be both that of a marked face and a keyword.
    db.execute("ALTER TABLE keywords RENAME TO keywords_of_one_source")
    db.execute(
        """CREATE TABLE keywords (
             photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
             label TEXT NOT NULL,
             source TEXT NOT NULL DEFAULT 'embedded',
             PRIMARY KEY (photo_id, label, source)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute("INSERT INTO keywords (photo_id, label) SELECT photo_id, label FROM keywords_of_one_source")
    db.execute("DROP TABLE keywords_of_one_source")
    db.execute("CREATE INDEX keywords_label ON keywords (label COLLATE NOCASE)")


@migrations()
def m011_tag_sets(db: Database) -> None:
    """Store tags by photo and set, and tags given by hand in a table of their own."""
    db.execute("ALTER TABLE tags RENAME TO old_tags")
    db.execute(
        """CREATE TABLE tags (
             model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
             set_name TEXT NOT NULL,
             label TEXT NOT NULL,
             photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
             score REAL NOT NULL,
             probability REAL NOT NULL,
             PRIMARY KEY (model_id, set_name, label, photo_id)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """INSERT INTO tags SELECT t.model_id, 'labels', t.label, p.id, t.score, t.probability
           FROM old_tags t JOIN photos p ON p.content_id = t.content_id ORDER BY 1, 2, 3, 4"""
    )
    db.execute("DROP TABLE old_tags")
    db.execute("CREATE INDEX tags_photo_id ON tags (photo_id)")
    # NOCASE: removing "Dog" removes "dog", too.
    db.execute(
        """CREATE TABLE hand_tags (
             photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
             label TEXT NOT NULL COLLATE NOCASE,
             given INTEGER NOT NULL,
             PRIMARY KEY (photo_id, label)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX hand_tags_label ON hand_tags (label)")
    _keep_hand_tags(db)
    # A model's tags for the former content do not apply to the new one.
    db.execute(
        """CREATE TRIGGER tags_go_with_content AFTER UPDATE OF content_id ON photos
           WHEN NEW.content_id <> OLD.content_id BEGIN DELETE FROM tags WHERE photo_id = NEW.id; END"""
    )


def _keep_hand_tags(db: Database) -> None:
    """Keep hand tags when rows of photos are deleted, and move them with contents.

    Triggers do that, since many statements change photos.
    """
    # The hand tags of photos that are no longer in the library, until a photo with the same content is added.
    db.execute(
        """CREATE TABLE kept_hand_tags (
             content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
             path ANY NOT NULL,
             label TEXT NOT NULL COLLATE NOCASE,
             given INTEGER NOT NULL,
             PRIMARY KEY (content_id, path, label)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX kept_hand_tags_path ON kept_hand_tags (path)")
    # No OR IGNORE or OR REPLACE: in a trigger, the conflict clause of the statement that fires it applies.
    keep = """DELETE FROM kept_hand_tags WHERE content_id = OLD.content_id AND path = OLD.path;
      INSERT INTO kept_hand_tags (content_id, path, label, given)
        SELECT OLD.content_id, OLD.path, label, given FROM hand_tags WHERE photo_id = OLD.id"""
    db.execute(f"CREATE TRIGGER hand_tags_stay BEFORE DELETE ON photos BEGIN {keep}; END")
    # Of several removed copies, the one with this path. A file that could not be read for a while may have changed.
    meant = """(content_id = NEW.content_id AND (path = NEW.path OR NOT EXISTS
        (SELECT 1 FROM kept_hand_tags k WHERE k.content_id = NEW.content_id AND k.path = NEW.path)))
      OR (path = NEW.path AND EXISTS (SELECT 1 FROM failures f WHERE f.path = NEW.path))"""
    db.execute(
        f"""CREATE TRIGGER hand_tags_return AFTER INSERT ON photos BEGIN
              INSERT INTO hand_tags (photo_id, label, given)
                SELECT NEW.id, label, MAX(given) FROM kept_hand_tags WHERE {meant} GROUP BY label COLLATE NOCASE;
              DELETE FROM kept_hand_tags WHERE {meant};
            END"""
    )
    # If the content is new, the photo was edited and keeps its tags. If it is known, another photo now has this name,
    # for example after renumbering, and the tags move with the content that they were given to.
    db.execute(
        f"""CREATE TRIGGER hand_tags_follow AFTER UPDATE OF content_id ON photos
            WHEN NEW.content_id <> OLD.content_id AND
              (EXISTS (SELECT 1 FROM photos p WHERE p.content_id = NEW.content_id AND p.id <> NEW.id)
               OR EXISTS (SELECT 1 FROM kept_hand_tags k WHERE k.content_id = NEW.content_id))
            BEGIN
              {keep};
              INSERT INTO hand_tags (photo_id, label, given) SELECT p.id, h.label, h.given
                FROM photos p JOIN hand_tags h ON h.photo_id = NEW.id WHERE p.content_id = OLD.content_id
                AND NOT EXISTS (SELECT 1 FROM hand_tags o WHERE o.photo_id = p.id AND o.label = h.label);
              DELETE FROM hand_tags WHERE photo_id = NEW.id;
              INSERT INTO hand_tags (photo_id, label, given) SELECT NEW.id, label, MAX(given) FROM
                (SELECT label, given FROM kept_hand_tags WHERE content_id = NEW.content_id
                 UNION ALL SELECT h.label, h.given FROM photos p JOIN hand_tags h ON h.photo_id = p.id
                   WHERE p.content_id = NEW.content_id AND p.id <> NEW.id)
                GROUP BY label COLLATE NOCASE;
              DELETE FROM kept_hand_tags WHERE content_id = NEW.content_id;
            END"""
    )


@migrations()
def m012_last_model(db: Database) -> None:
    """Remember the only model of a library when it is dropped, in at most one row."""
    db.execute("CREATE TABLE last_model (name TEXT NOT NULL, weights TEXT) STRICT")


@migrations()
def m013_signatures(db: Database) -> None:
    # `dupes` compares signatures and computes missing ones itself. The former 64-bit hashes were too short.
    db.execute("DROP TABLE perceptual_hashes")
    db.execute(
        """CREATE TABLE signatures (
             content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
             signature BLOB NOT NULL
           ) STRICT"""
    )


@migrations()
def m014_model_ids(db: Database) -> None:
    # AUTOINCREMENT: a run whose model is forgotten meanwhile must not write to another model that got its id.
    assert db.execute("PRAGMA foreign_keys").fetchone() == (0,), "DROP TABLE would drop the rows that refer to it"
    db.execute(
        """CREATE TABLE models_anew (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             name TEXT NOT NULL UNIQUE,
             fingerprint TEXT NOT NULL,
             dimensions INTEGER NOT NULL,
             logit_scale REAL NOT NULL,
             logit_bias REAL,
             weights TEXT,
             is_default INTEGER NOT NULL DEFAULT 0
           ) STRICT"""
    )
    columns = "id, name, fingerprint, dimensions, logit_scale, logit_bias, weights, is_default"
    db.execute(f"INSERT INTO models_anew ({columns}) SELECT {columns} FROM models ORDER BY id")
    db.execute("DROP TABLE models")
    db.execute("ALTER TABLE models_anew RENAME TO models")


@migrations()
def m015_links(db: Database) -> None:
    """Store where the links in roots lead, so that a photo may be named by its real path."""
    db.execute("CREATE TABLE links (path ANY PRIMARY KEY, target ANY NOT NULL) STRICT")
    db.execute("CREATE INDEX links_target ON links (target)")
    # Photos of a disk in whose place another one is mounted.
    db.execute("CREATE TABLE set_aside (photo_id INTEGER PRIMARY KEY REFERENCES photos (id) ON DELETE CASCADE) STRICT")


@migrations()
def m016_albums(db: Database) -> None:
    """Save queries by name; `query` is a JSON object of the options of find."""
    db.execute(
        """CREATE TABLE albums (
             name TEXT PRIMARY KEY COLLATE NOCASE,
             query TEXT NOT NULL,
             saved_at TEXT NOT NULL
           ) STRICT, WITHOUT ROWID"""
    )


@migrations()
def m017_readers_version(db: Database) -> None:
    # By which version of the metadata readers the facts were read: 0 for facts from before versions were recorded.
    db.execute("ALTER TABLE facts ADD COLUMN readers_version INTEGER NOT NULL DEFAULT 0")
    # Whether the UTC offset in taken_at is that of another photo, and may change when nearer photos are added.
    db.execute("ALTER TABLE facts ADD COLUMN offset_borrowed INTEGER NOT NULL DEFAULT 0")


@migrations()
def m018_margins(db: Database) -> None:
    """Keep with each model the margin of relevance computed from the library, and what it was computed from."""
    db.execute("ALTER TABLE models ADD COLUMN margin REAL")
    db.execute("ALTER TABLE models ADD COLUMN margin_photos INTEGER")
    db.execute("ALTER TABLE models ADD COLUMN margin_prompts TEXT")
