"""The steps since format 19. New ones go at the end; those that are here are never edited."""

import unicodedata

from blake3 import blake3
from sqlite_utils import Database

from mcsearch.library.migrations.steps import migrations


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
def m024_previews(db: Database) -> None:
    """Store which embeddings are those of previews in files; a row goes when its embedding is replaced or dropped."""
    db.execute(
        """CREATE TABLE from_previews (
             content_id INTEGER NOT NULL,
             model_id INTEGER NOT NULL,
             PRIMARY KEY (content_id, model_id),
             FOREIGN KEY (content_id, model_id) REFERENCES embeddings (content_id, model_id) ON DELETE CASCADE
           ) STRICT, WITHOUT ROWID"""
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


@migrations()
def m026_file_hashes(db: Database) -> None:
    """Store of which file a turned content is, so that what people said about a photo follows the file.

    The former steps compared contents, of which one file has as many as there are ways to turn it.
    """
    db.execute("ALTER TABLE contents ADD COLUMN file_hash BLOB")
    db.execute("CREATE INDEX contents_file_hash ON contents (file_hash) WHERE file_hash IS NOT NULL")
    for trigger in ("hand_tags_return", "hand_tags_follow", "examples_turn", "tags_go_with_content"):
        db.execute(f"DROP TRIGGER {trigger}")
    _hand_tags_follow_files(db)
    _examples_follow_files(db)
    _fill_in_file_hashes(db)


def _file_of(content: str) -> str:
    return f"(SELECT COALESCE(c.file_hash, c.content_hash) FROM contents c WHERE c.id = {content})"


def _of_file(content: str) -> str:
    file_hash = _file_of(content)
    return f"(SELECT o.id FROM contents o WHERE o.content_hash = {file_hash} OR o.file_hash = {file_hash})"


def _hand_tags_follow_files(db: Database) -> None:
    new, old = _of_file("NEW.content_id"), _of_file("OLD.content_id")
    # Of several removed copies, the one with this path. A file that could not be read for a while may have changed.
    meant = f"""(content_id IN {new} AND (path = NEW.path OR NOT EXISTS
        (SELECT 1 FROM kept_hand_tags k WHERE k.content_id IN {new} AND k.path = NEW.path)))
      OR (path = NEW.path AND EXISTS (SELECT 1 FROM failures f WHERE f.path = NEW.path))"""
    db.execute(
        f"""CREATE TRIGGER hand_tags_return AFTER INSERT ON photos WHEN EXISTS (SELECT 1 FROM kept_hand_tags) BEGIN
              INSERT INTO hand_tags (photo_id, label, given)
                SELECT NEW.id, label, MAX(given) FROM kept_hand_tags WHERE {meant} GROUP BY label COLLATE NOCASE;
              DELETE FROM kept_hand_tags WHERE {meant};
            END"""
    )
    # If the file is new, the photo was edited and keeps its tags. If it is known, another photo now has this name,
    # for example after renumbering, and the tags move with the file that they were given to. If it is the same file,
    # a sidecar turns it another way.
    db.execute(
        f"""CREATE TRIGGER hand_tags_follow AFTER UPDATE OF content_id ON photos
            WHEN NEW.content_id <> OLD.content_id AND {_file_of("NEW.content_id")} <> {_file_of("OLD.content_id")} AND
              (EXISTS (SELECT 1 FROM photos p WHERE p.content_id IN {new} AND p.id <> NEW.id)
               OR EXISTS (SELECT 1 FROM kept_hand_tags k WHERE k.content_id IN {new}))
            BEGIN
              DELETE FROM kept_hand_tags WHERE content_id = OLD.content_id AND path = OLD.path;
              INSERT INTO kept_hand_tags (content_id, path, label, given)
                SELECT OLD.content_id, OLD.path, label, given FROM hand_tags WHERE photo_id = OLD.id;
              INSERT INTO hand_tags (photo_id, label, given) SELECT p.id, h.label, h.given
                FROM photos p JOIN hand_tags h ON h.photo_id = NEW.id WHERE p.content_id IN {old}
                AND NOT EXISTS (SELECT 1 FROM hand_tags o WHERE o.photo_id = p.id AND o.label = h.label);
              DELETE FROM hand_tags WHERE photo_id = NEW.id;
              INSERT INTO hand_tags (photo_id, label, given) SELECT NEW.id, label, MAX(given) FROM
                (SELECT label, given FROM kept_hand_tags WHERE content_id IN {new}
                 UNION ALL SELECT h.label, h.given FROM photos p JOIN hand_tags h ON h.photo_id = p.id
                   WHERE p.content_id IN {new} AND p.id <> NEW.id)
                GROUP BY label COLLATE NOCASE;
              DELETE FROM kept_hand_tags WHERE content_id IN {new};
            END"""
    )


def _examples_follow_files(db: Database) -> None:
    """Let all contents of a file be examples of the same labels, and keep the tags that photos have as examples."""
    copy = f"""INSERT INTO taught_examples (label, content_id, shows)
      SELECT x.label, c.id, MAX(x.shows) FROM taught_examples x JOIN contents c
      WHERE x.content_id IN {_of_file("NEW.id")} AND c.id IN {_of_file("NEW.id")}
        AND NOT EXISTS (SELECT 1 FROM taught_examples o WHERE o.content_id = c.id AND o.label = x.label)
      GROUP BY x.label, c.id"""
    for name, event in (("examples_of_new_content", "INSERT"), ("examples_of_known_file", "UPDATE OF file_hash")):
        db.execute(
            f"""CREATE TRIGGER {name} AFTER {event} ON contents WHEN EXISTS (SELECT 1 FROM taught_examples)
                BEGIN {copy}; END"""
        )
    # A model's tags for the former content do not apply to the new one, except where somebody said that both show it.
    shows = "(SELECT 1 FROM taught_examples x WHERE x.label = tags.label AND x.content_id = {}.content_id AND x.shows)"
    db.execute(
        f"""CREATE TRIGGER tags_go_with_content AFTER UPDATE OF content_id ON photos
            WHEN NEW.content_id <> OLD.content_id BEGIN
              DELETE FROM tags WHERE photo_id = NEW.id AND NOT
                (set_name = 'taught' AND EXISTS {shows.format("OLD")} AND EXISTS {shows.format("NEW")});
            END"""
    )


def _fill_in_file_hashes(db: Database) -> None:
    """Find the files of turned contents among the other contents, and let the next index run read the rest again.

    Only sizes are searched at which there is a turned photo, or a content that somebody has said something about.
    """
    rows = db.execute(
        """SELECT id, content_hash FROM contents WHERE size_bytes IN (SELECT c.size_bytes FROM contents c WHERE c.id IN
             (SELECT p.content_id FROM photos p JOIN facts f ON f.photo_id = p.id WHERE f.turned IS NOT NULL
              UNION SELECT content_id FROM kept_hand_tags UNION SELECT content_id FROM taught_examples))"""
    ).fetchall()
    ids = {content_hash: content_id for content_id, content_hash in rows}
    for file_hash in ids:
        for turned in range(2, 9):
            content_id = ids.get(blake3(file_hash + bytes([turned])).digest())
            if content_id is not None:
                db.execute("UPDATE contents SET file_hash = ? WHERE id = ?", (file_hash, content_id))
    # No file has that time, so each of these counts as changed.
    db.execute(
        """UPDATE photos SET mtime_ns = -1 WHERE id IN (SELECT photo_id FROM facts WHERE turned IS NOT NULL)
             AND content_id IN (SELECT id FROM contents WHERE file_hash IS NULL)"""
    )


@migrations()
def m027_signatures_of_pictures(db: Database) -> None:
    """Drop the signatures that may be of previews: a preview can show another picture than the file does."""
    db.execute("DELETE FROM signatures WHERE content_id IN (SELECT content_id FROM from_previews)")
