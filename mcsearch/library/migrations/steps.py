"""The list that every step of the schema registers itself in."""

from sqlite_utils import Migrations

migrations = Migrations("mcsearch")

# The steps that drop or rebuild tables or columns. A copy of the library is made before one of them is applied.
REWRITING = frozenset({"m009_sidecars", "m010_keyword_sources", "m011_tag_sets", "m013_signatures", "m014_model_ids"})
