"""Find photos that answer a query."""

from collections.abc import Sequence

from mcsearch.errors import UsageError
from mcsearch.library.library import Library
from mcsearch.ops.ranking import rank
from mcsearch.ops.towers import encode_prompts, indexed_model
from mcsearch.records import Condition, Hit
from mcsearch.search import filters


def find(
    library: Library,
    query: str = "",
    *,
    limit: int = 10,
    min_score: float = -1.0,
    folder: str | None = None,
    tag: str | None = None,
    model: str | None = None,
) -> list[Hit]:
    """The photos that fit the query best, best first, at most `limit` and none below `min_score`.

    `folder` and `tag` leave only photos below a folder and with a label; with a tag alone the query
    may be empty, and the score is the tag's. Raises UsageError for an empty query without a tag,
    NothingIndexedError when there is nothing to search.
    """
    query = " ".join(query.split())
    if not query and tag is None:
        raise UsageError('Say what to look for, for instance: mcsearch find "a dog on a beach"')
    row = indexed_model(library, model)
    conditions = [filters.in_folder(folder)] if folder is not None else []
    if not query and tag is not None:
        hits = library.tags.photos(row.id, tag, conditions, limit)
        return [hit for hit in hits if hit.score >= min_score]
    if tag is not None:
        conditions.append(filters.has_tag(row.id, tag))
    vector = encode_prompts(library, row, [query])[query]
    ranked = rank(library, row, vector, limit, min_score, conditions)
    return _hits(library, ranked, conditions)[:limit]


def _hits(library: Library, ranked: list[tuple[int, float]], conditions: Sequence[Condition]) -> list[Hit]:
    """A hit for every photo with a ranked content: copies share a score and stand in order of path."""
    paths = library.photos.paths([content_id for content_id, _ in ranked], conditions)
    return [Hit(path, score) for content_id, score in ranked for path in paths.get(content_id, [])]
