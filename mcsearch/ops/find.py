"""Find photos by a query, by filters, or by both."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, get_args

from mcsearch.errors import UsageError
from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import NOT, Wanted, values_of
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import BACKGROUND
from mcsearch.ops.finding.filtering import count_after_each, filter_conditions
from mcsearch.ops.finding.query_vector import query_vector
from mcsearch.ops.finding.ranking import rank
from mcsearch.ops.indexing.presence import marked
from mcsearch.ops.open_library import OpenLibrary, begin_answer
from mcsearch.paths import several, shown
from mcsearch.records.answers import Explanation, Hit
from mcsearch.records.progress import Progress, no_progress
from mcsearch.search.query import terms
from mcsearch.search.relevance import MARGIN, relevances

Order = Literal["score", "date", "path"]
_MOST = 1 << 40  # more than any library has; SQLite takes no number above 2⁶³


def find_photos(
    opened: OpenLibrary,
    query: str = "",
    *,
    like: Sequence[str | os.PathLike[str]] = (),
    not_text: Sequence[str] = (),
    not_like: Sequence[str | os.PathLike[str]] = (),
    limit: int = 10,
    min_score: float = -1.0,
    collapse: bool = False,
    filters: Wanted | None = None,
    within: Wanted | None = None,
    sort: Order | None = None,
    model: str | None = None,
    explain: bool = False,
    progress: Progress = no_progress,
) -> list[Hit]:
    """Return the photos that match the query best: at most `limit`, none with a score below `min_score`, best first.

    A query combines a text, photos to look `like`, and texts and photos to avoid (`not_text`, `not_like`); each may
    begin with a weight, as in "2:a dog". The query vector is the weighted sum of their vectors, scaled to unit length.
    With `collapse`, one photo stands for all that are nearly the same, including exact copies.
    `filters` restrict the photos, by the names of FILTERS: {"after": "2023", "camera": ["Pixel 7", "D750"]}; `within`
    are more filters that must match too, those of an album. With filters the query may be empty; then all matching
    photos are listed, newest first, or with the filter "text" those first that its words fit best. `sort` changes the
    order to "date" (newest first) or "path". With `explain`, each hit has an explanation. Raises UsageError for a bad
    filter, an unreadable photo, or if there is neither query nor filter, and NothingIndexedError when there is nothing
    to search.
    """
    library, chosen = opened.file, opened.models.to_ask(model, progress)
    begin_answer(opened)
    check_order(limit, sort)
    limit = min(limit, _MOST)
    asked = terms(query, several(like), [not_text] if isinstance(not_text, str) else not_text, several(not_like))
    if not asked and not filters and not within:
        raise UsageError("Say what to look for.", hint='For instance: mcsearch find "a dog on a beach"')
    conditions = filter_conditions(library, chosen.record, filters) + filter_conditions(library, chosen.record, within)
    words = searched_words(within, filters)
    if not asked:
        if sort == "score":
            raise UsageError(
                "Without a query there is no score to sort by. Sort by date or path instead.",
                hint="Use --sort date or --sort path.",
            )
        if collapse:
            raise UsageError("collapse needs a query, because it groups the best hits.")
        if words and sort is None:
            others = [*map(without_words, (filters, within))]
            rest = [one for some in others for one in filter_conditions(library, chosen.record, some)]
            found = _best_match(library, words, conditions, rest, limit)
        else:
            found = library.facts.newest(conditions, limit, by_path=sort == "path")
        listed = marked(library, library.place_names.of_hits(found))
        listed = library.texts.with_found(listed, words) if words else listed
        why = Explanation(filters=tuple(count_after_each(library, chosen.record, within, filters))) if explain else None
        return [replace(hit, explanation=why) for hit in listed] if explain else listed
    vector, of_terms, encoded = query_vector(library, chosen, asked)
    best = partial(
        rank, library, chosen.record, vector, min_score=min_score, conditions=conditions, cluster=opened.cluster
    )
    if collapse:
        from mcsearch.ops.finding.collapse import collapsed

        groups = collapsed(library, chosen.record, best, limit)
    else:
        groups = [(content_id, score, [content_id]) for content_id, score in best(limit)]
    vectors = library.embeddings.of_contents(chosen.record, [content_id for content_id, _, _ in groups])
    known = library.models.margin(chosen.record.id)
    margin = known.logits if known is not None else MARGIN
    relevant = relevances(asked, encoded, BACKGROUND, vectors, chosen.logit_scale, margin)
    reasons: list[Explanation | None] = [None] * len(groups)
    if explain:
        from mcsearch.ops.finding.explaining import explanations

        counts = count_after_each(library, chosen.record, within, filters)
        reasons = [*explanations(asked, of_terms, encoded, vectors, chosen.logit_scale, margin, counts)]
    paths = library.photos.paths([one for _, _, alike in groups for one in alike], conditions)
    hits = []
    for (content_id, score, alike), relevance, reason in zip(groups, relevant, reasons, strict=True):
        # Copies have the same score and are sorted by path.
        copies = paths.get(content_id, [])[: 1 if collapse else None]
        stands_for = sum(len(paths.get(one, ())) for one in alike) if collapse else 1
        hits += [Hit(path, score, relevance=relevance, stands_for=stands_for, explanation=reason) for path in copies]
    listed = library.place_names.of_hits(_sorted(library, hits[:limit], sort))
    listed = marked(library, listed)
    return library.texts.with_found(listed, words) if words else listed


def find_similar(
    opened: OpenLibrary,
    photo: str | os.PathLike[str],
    *,
    limit: int = 10,
    min_score: float = -1.0,
    collapse: bool = False,
    filters: Wanted | None = None,
    sort: Order | None = None,
    model: str | None = None,
    progress: Progress = no_progress,
) -> list[Hit]:
    """Return the photos most similar to a photo, as `find_photos` does with `like`, without the photo itself.

    Copies of it under other paths are included, with a score of 1. Raises what `find_photos` raises.
    """
    path = opened.file.spelled(photo)
    others = dict(filters or {})
    key = f"{NOT}in"
    if opened.file.known_as(path):
        given = others.get(key) or ()
        others[key] = [*([given] if isinstance(given, str | os.PathLike | int | float) else given), path]
    return find_photos(
        opened,
        like=[path],
        limit=limit,
        min_score=min_score,
        collapse=collapse,
        filters=others,
        sort=sort,
        model=model,
        progress=progress,
    )


def searched_words(*filters: Wanted | None) -> str:
    """Return the expression of FTS5 that finds the words of the filter `text` in each of these filters, "" for none."""
    each = [values for wanted in filters if wanted and (values := values_of(wanted.get("text")))]
    if not each:
        return ""
    from mcsearch.library.texts.words import either

    return " AND ".join(f"({either(values)})" for values in each)


def without_words(filters: Wanted | None) -> Wanted:
    """Return the filters without those that `searched_words` is made from: to look the words up twice takes long."""
    return {key: value for key, value in (filters or {}).items() if key != "text"}


def check_order(limit: int, sort: str | None) -> None:
    """Raise UsageError for a limit below 1 and for an unknown order, before either is used or kept in an album."""
    if limit < 1:
        raise UsageError(f"The limit is {limit}, but must be at least 1.")
    if sort is not None and sort not in get_args(Order):
        raise UsageError(f"{shown(str(sort))!r} is not an order. The orders are {', '.join(get_args(Order))}.")


def _best_match(
    library: LibraryFile, words: str, conditions: Sequence[Condition], others: Sequence[Condition], limit: int
) -> list[Hit]:
    """Return the photos that meet the conditions, best match of the words first; `others` are those but the words'."""
    from mcsearch.library.texts.texts import RANKED

    found = library.texts.best(words, others, limit)
    if not RANKED <= len(found) < limit:
        return found
    known = {hit.path for hit in found}  # of very many matches, not all are compared
    return [*found, *(hit for hit in library.facts.newest(conditions, limit) if hit.path not in known)][:limit]


def _sorted(library: LibraryFile, hits: Sequence[Hit], sort: Order | None) -> list[Hit]:
    """Return the hits with their dates, sorted as asked, or best first by default."""
    dated = library.facts.dated(hits, newest_first=sort == "date")
    return sorted(dated, key=lambda hit: hit.path) if sort == "path" else dated
