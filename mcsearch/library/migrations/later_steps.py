"""The steps after format 8. New ones go at the end; those that are here are never edited."""

import json
import unicodedata

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


@migrations()
def m019_texts(db: Database) -> None:
    """Create the full-text index of words in and around photos, and the table of the text read in photos.

    The library fills the index from `stale_texts` after the last step, when all tables exist that texts come from.
    """
    db.execute(
        """CREATE VIRTUAL TABLE texts USING fts5 (
             names, caption, keywords, place, read, generated, tokenize = 'unicode61 remove_diacritics 2')"""
    )
    db.execute("CREATE TABLE stale_texts (photo_id INTEGER PRIMARY KEY) STRICT")
    db.execute("INSERT INTO stale_texts SELECT id FROM photos")
    db.execute(
        """CREATE TABLE read_texts (
             content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
             text TEXT NOT NULL,
             reader TEXT NOT NULL,
             failure TEXT
           ) STRICT"""
    )
    for event in ("INSERT", "UPDATE OF path, content_id", "DELETE"):
        _stale_texts(db, "photos", event, "SELECT {row}.id AS id")
    for event in ("INSERT", "UPDATE OF caption"):
        _stale_texts(db, "facts", event, "SELECT {row}.photo_id AS id")
    for table in ("keywords", "hand_tags"):
        for event in ("INSERT", "UPDATE", "DELETE"):
            _stale_texts(db, table, event, "SELECT {row}.photo_id AS id")
    for event in ("INSERT", "UPDATE", "DELETE"):
        _stale_texts(db, "read_texts", event, "SELECT p.id FROM photos p WHERE p.content_id = {row}.content_id")
    # Names are indexed from the outermost root on. The ranges are larger than need be, and a text sorts before a blob.
    below = """SELECT p.id FROM photos p WHERE p.path >= {row}.path AND p.path < {row}.path || char(1114111)
      UNION ALL SELECT p.id FROM photos p
      WHERE p.path >= CAST({row}.path AS BLOB) AND p.path < CAST({row}.path || char(1114111) AS BLOB)"""
    for event in ("INSERT", "DELETE"):
        _stale_texts(db, "roots", event, below)


def _stale_texts(db: Database, table: str, event: str, photos: str) -> None:
    """Create a trigger that marks photos whose texts have changed; {row} in the query stands for the changed row."""
    row = "OLD" if event == "DELETE" else "NEW"
    db.execute(
        f"""CREATE TRIGGER {table}_texts_{event.split()[0].lower()} AFTER {event} ON {table} BEGIN
              INSERT INTO stale_texts SELECT s.id FROM ({photos.format(row=row)}) s
                WHERE s.id NOT IN (SELECT photo_id FROM stale_texts) GROUP BY s.id;
            END"""
    )


@migrations()
def m020_places_and_captions(db: Database) -> None:
    """Name the places where photos were taken, and keep sentences that models wrote about photos.

    `names` is what places are found by, folded, one on each line.
    """
    db.execute(
        """CREATE TABLE places (
             id INTEGER PRIMARY KEY,
             town TEXT,
             region TEXT,
             country TEXT,
             country_code TEXT,
             names TEXT NOT NULL
           ) STRICT"""
    )
    db.execute("INSERT INTO places (id, names) VALUES (0, '')")  # far from all towns
    # NULL until the position is looked up.
    db.execute("ALTER TABLE facts ADD COLUMN place_id INTEGER REFERENCES places (id)")
    db.execute("CREATE INDEX facts_place_id ON facts (place_id) WHERE place_id IS NOT NULL")
    db.execute("CREATE INDEX facts_unnamed ON facts (photo_id) WHERE latitude IS NOT NULL AND place_id IS NULL")
    db.execute(
        """CREATE TABLE captions (
             content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
             text TEXT NOT NULL,
             model TEXT NOT NULL
           ) STRICT"""
    )
    for event in ("INSERT", "UPDATE", "DELETE"):
        _stale_texts(db, "captions", event, "SELECT p.id FROM photos p WHERE p.content_id = {row}.content_id")
    db.execute("DROP TRIGGER facts_texts_update")
    _stale_texts(db, "facts", "UPDATE OF caption, place_id", "SELECT {row}.photo_id AS id")


@migrations()
def m021_taught_labels(db: Database) -> None:
    """Keep labels that are learnt from examples: their prompts, their examples by content, and what models learnt."""
    db.execute(
        """CREATE TABLE taught_labels (
             label TEXT PRIMARY KEY COLLATE NOCASE,
             prompts TEXT NOT NULL,
             taught_at TEXT NOT NULL
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE taught_examples (
             label TEXT NOT NULL COLLATE NOCASE REFERENCES taught_labels (label) ON DELETE CASCADE,
             content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
             shows INTEGER NOT NULL,
             PRIMARY KEY (label, content_id)
           ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX taught_examples_content_id ON taught_examples (content_id)")
    db.execute(
        """CREATE TABLE taught_classifiers (
             label TEXT NOT NULL COLLATE NOCASE REFERENCES taught_labels (label) ON DELETE CASCADE,
             model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
             vector BLOB NOT NULL,
             bias REAL NOT NULL,
             background_weight REAL NOT NULL,
             centre BLOB NOT NULL,
             examples INTEGER NOT NULL,
             PRIMARY KEY (label, model_id)
           ) STRICT, WITHOUT ROWID"""
    )


@migrations()
def m022_damage(db: Database) -> None:
    """Store which contents are damaged pictures that show enough to be indexed, and what is missing of them."""
    db.execute(
        """CREATE TABLE damage (
             content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
             reason TEXT NOT NULL,
             found_at TEXT NOT NULL
           ) STRICT"""
    )


@migrations()
def m023_turned(db: Database) -> None:
    """Store how a sidecar turns a photo; what is given to the photo stays when that changes."""
    db.execute("ALTER TABLE facts ADD COLUMN turned INTEGER")
    # The file is the same, so it is not another photo that has taken its name.
    is_other_file = "(NEW.size_bytes <> OLD.size_bytes OR NEW.mtime_ns <> OLD.mtime_ns)"
    (follow,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'hand_tags_follow'").fetchone()
    changed = "WHEN NEW.content_id <> OLD.content_id AND"
    assert follow.count(changed) == 1
    db.execute("DROP TRIGGER hand_tags_follow")
    db.execute(follow.replace(changed, f"{changed} {is_other_file} AND"))
    db.execute(
        f"""CREATE TRIGGER examples_turn AFTER UPDATE OF content_id ON photos
            WHEN NEW.content_id <> OLD.content_id AND NOT {is_other_file}
            BEGIN
              INSERT INTO taught_examples (label, content_id, shows)
                SELECT label, NEW.content_id, shows FROM taught_examples x WHERE content_id = OLD.content_id AND NOT
                  EXISTS (SELECT 1 FROM taught_examples o WHERE o.content_id = NEW.content_id AND o.label = x.label);
            END"""
    )


@migrations()
def m025_folding(db: Database) -> None:
    """Index the words of all scripts without accents, and compare names of places without hyphens and other signs.

    Also count the embeddings that there were when a label was learnt. The library writes the rows of `stale_texts`
    anew after the last step. A text of ASCII is indexed as it was before.
    """
    columns = ("names", "caption", "keywords", "place", "read", "generated")
    text = " || ".join(f"COALESCE({column}, '')" for column in columns)
    db.execute(
        f"""INSERT OR IGNORE INTO stale_texts
            SELECT id FROM (SELECT rowid AS id, {text} AS text FROM texts)
            WHERE length(text) <> length(CAST(text AS BLOB))"""
    )
    for place_id, names in db.execute("SELECT id, names FROM places WHERE names <> ''").fetchall():
        plain = dict.fromkeys(_without_signs(name) for name in names.strip("\n").split("\n"))
        db.execute("UPDATE places SET names = ? WHERE id = ?", ("\n".join(["", *plain, ""]), place_id))
    db.execute("ALTER TABLE taught_classifiers ADD COLUMN photos INTEGER NOT NULL DEFAULT 0")


def _without_signs(name: str) -> str:
    return " ".join("".join(" " if unicodedata.category(one)[0] in "PSZ" else one for one in name).split())
