"""SOURCES: where the words come from that `--text` finds, each a column of the full-text index `texts`.

The index has a row for each photo, with the photo's id. Triggers on the tables that texts come from write the ids of
the photos that have changed into `stale_texts`, and `Texts.refresh` writes their rows anew at the end of each
transaction. To add a source:

1. a step of the migrations creates its table, and triggers on it with `_stale_texts`; if the source needs a column that
   `texts` does not have yet, the step drops `texts`, creates it again with all columns, and puts the ids of all photos
   into `stale_texts`. The library fills the index after the last step.
2. a row here, in the order of the columns, says how to read a photo's text.
"""

from mcsearch.records.record import Record


class Source(Record):
    """A source of words: its column, what users are told that it is, its weight in the ranking, and its text.

    `sql` is an expression over `photos p` with the text of the photo, or NULL if it has none.
    """

    column: str
    shown: str
    weight: float
    sql: str


_LABELS = """(SELECT group_concat(label, ', ') FROM
  (SELECT label FROM keywords k WHERE k.photo_id = p.id
   UNION SELECT label FROM hand_tags h WHERE h.photo_id = p.id AND h.given ORDER BY 1))"""
_PLACE = """(SELECT COALESCE(n.town || ', ', '')
    || CASE WHEN n.region IS NULL OR n.region = n.town THEN '' ELSE n.region || ', ' END || n.country
  FROM facts f JOIN places n ON n.id = f.place_id WHERE f.photo_id = p.id)"""

SOURCES = (
    # The path from the folder of the outermost root on, which `Texts` cuts out of the whole one.
    Source("names", "Name", 4.0, "p.path"),
    Source("caption", "Caption", 4.0, "(SELECT f.caption FROM facts f WHERE f.photo_id = p.id)"),
    # Not the tags of models: they are guesses, which `--tag` finds.
    Source("keywords", "Keywords", 4.0, _LABELS),
    Source("place", "Place", 2.0, _PLACE),
    Source("read", "Read", 1.0, "(SELECT r.text FROM read_texts r WHERE r.content_id = p.content_id)"),
    Source("generated", "Described", 1.0, "(SELECT g.text FROM captions g WHERE g.content_id = p.content_id)"),
)
COLUMNS = tuple(source.column for source in SOURCES)
