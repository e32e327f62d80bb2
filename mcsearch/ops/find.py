"""Find photos that answer a query, or that filters leave."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mcsearch.errors import UsageError
from mcsearch.library.library import Library
from mcsearch.ops.filters import Wanted, conditions
from mcsearch.ops.ranking import rank
from mcsearch.ops.towers import encode_prompts, indexed_model
from mcsearch.records import Condition, Hit

Order = Literal["score", "date", "path"]


def find(
    library: Library,
    query: str = "",
    *,
    limit: int = 10,
    min_score: float = -1.0,
    filters: Wanted | None = None,
    sort: Order | None = None,
    model: str | None = None,
) -> list[Hit]:
    """The photos that fit the query best, at most `limit` and none below `min_score`, best first.

    `filters` leave some of the photos: {"after": "2023", "camera": ["Pixel 7", "D750"], "not_tag": "dog"}, by the
    names of FILTERS. With filters the query may be empty: then all that they leave are listed, newest first.
    `sort` by "date" (newest first) or "path" orders the hits otherwise. Raises UsageError for a bad filter, or
    neither query nor filter; NothingIndexedError when there is nothing to search.
    """
    query = " ".join(query.split())
    if not query and not filters:
        raise UsageError('Say what to look for, for instance: mcsearch find "a dog on a beach"')
    row = indexed_model(library, model)
    met = conditions(row, filters or {})
    if not query:
        if sort == "score":
            raise UsageError("Without a query there is no score to sort by. These work: --sort date, --sort path.")
        return library.facts.newest(met, limit, by_path=sort == "path")
    vector = encode_prompts(library, row, [query])[query]
    ranked = rank(library, row, vector, limit, min_score, met)
    return _sorted(library, _hits(library, ranked, met)[:limit], sort)


def _sorted(library: Library, hits: Sequence[Hit], sort: Order | None) -> list[Hit]:
    """The hits with their dates, in the order wanted; best first if none is."""
    taken_at = library.facts.taken_at(hit.path for hit in hits)
    dated = [replace(hit, taken_at=taken_at.get(hit.path)) for hit in hits]
    if sort == "date":
        return sorted(dated, key=lambda hit: hit.taken_at or "", reverse=True)
    return sorted(dated, key=lambda hit: hit.path) if sort == "path" else dated


def _hits(library: Library, ranked: list[tuple[int, float]], conditions: Sequence[Condition]) -> list[Hit]:
    """A hit for every photo with a ranked content: copies share a score and stand in order of path."""
    paths = library.photos.paths([content_id for content_id, _ in ranked], conditions)
    return [Hit(path, score) for content_id, score in ranked for path in paths.get(content_id, [])]
