"""Lists of up to 100,000 hits, of which a caller shows a part at a time: each content once, in a fixed order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.browsing import ShownContent
from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import BACKGROUND
from mcsearch.ops.browsing.questions import Question
from mcsearch.ops.find import searched_words, without_words
from mcsearch.ops.finding.collapse import collapsed
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.query_vector import query_vector
from mcsearch.ops.finding.ranking import rank
from mcsearch.ops.indexing.presence import marked
from mcsearch.ops.open_library import OpenLibrary, begin_answer
from mcsearch.records.answers import Hit
from mcsearch.records.embeddings import IndexedModel
from mcsearch.search.relevance import MARGIN, relevances

Ids = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float32]

MOST_HITS = 100_000
# The best hits that are sorted, collapsed or judged for relevance as a whole.
CONSIDERED = 1000
# The hits of a query that are ranked at first; few callers ask for more.
_AT_FIRST = 600


@dataclass(frozen=True, slots=True)
class HitList:
    """The hits of a question in order, as contents: `ids` (n,), and `scores` (n,) unless it has no query.

    `total` is their number; there are fewer `ids` until `whole_list` has been called. `encoded` are the vectors of the
    query's texts and of the background prompts, by prompt; `stands_for` the number of photos by content, if collapsed.
    `only` are the ids of the embeddings that meet the conditions, if there are any. `partial` tells that hits may be
    missing, because a part of the cluster that searches was lost.
    """

    question: Question
    conditions: Sequence[Condition]
    ids: Ids
    scores: Vector | None
    total: int
    vector: Vector | None = None
    encoded: Mapping[str, Vector] = field(default_factory=dict)
    stands_for: Mapping[int, int] | None = None
    only: Ids | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit, with what is shown of its content."""

    hit: Hit
    content: ShownContent


@dataclass(frozen=True, slots=True)
class Lookups:
    """What is looked up for each list, so that a caller can remember it for the next one.

    `count` counts the contents that meet conditions, or only those that a model has embedded; `meeting` returns the ids
    of a model's embeddings of photos that meet conditions.
    """

    count: Callable[[LibraryFile, Sequence[Condition], int | None], int] = lambda library, conditions, model_id: (
        library.browsing.count(conditions, model_id)
    )
    meeting: Callable[[LibraryFile, IndexedModel, Sequence[Condition]], Ids] = lambda library, model, conditions: (
        library.embeddings.meeting(model, conditions)
    )


def hit_list(opened: OpenLibrary, question: Question, lookups: Lookups | None = None) -> HitList:
    """Return the hits of a question: with a query the best first, without one the newest first, or as `sort` says.

    Without a query, but with words to find (the filter "text"), those come first that the words fit best. With a query,
    `sort`, `relevant` and `collapse` apply to the CONSIDERED best hits. Raises UsageError for a bad filter, or for a
    sort or a choice that needs a query.
    """
    begin_answer(opened)
    found = _hit_list(opened, question, lookups or Lookups())
    return replace(found, partial=opened.partial)


def _hit_list(opened: OpenLibrary, question: Question, lookups: Lookups) -> HitList:
    record = opened.models.to_ask().record
    conditions = filter_conditions(opened.file, record, question.filters)
    if not question.terms:
        _check_without_query(question)
        total = min(MOST_HITS, lookups.count(opened.file, conditions, None))
        ids = _without_query(opened, question, conditions, _AT_FIRST)
        return HitList(question, conditions, ids, None, total)
    vector, _, encoded = query_vector(opened.file, opened.models.to_ask(), question.terms, question.pictures)
    if question.collapse:
        return _collapsed(opened, HitList(question, conditions, _NONE, _NO_SCORES, 0, vector, encoded))
    only = lookups.meeting(opened.file, record, conditions) if conditions else None
    chosen = question.relevant or question.sort in ("date", "path")
    ids, scores = _ranked(opened, question, vector, conditions, CONSIDERED if chosen else _AT_FIRST, only)
    found = HitList(question, conditions, ids, scores, len(ids), vector, encoded, only=only)
    if chosen:
        return _in_order(opened.file, _relevant_only(opened, found))
    if len(ids) < _AT_FIRST:
        return found
    if question.min_score > -1.0:
        return whole_list(opened, replace(found, total=MOST_HITS))
    known = len(only) if only is not None else lookups.count(opened.file, conditions, record.id)
    total = known - len(question.without)
    return replace(found, total=max(len(ids), min(MOST_HITS, total)))


def whole_list(opened: OpenLibrary, found: HitList) -> HitList:
    """Return the same list with all its ids. Those that it had keep their places."""
    if len(found.ids) >= found.total:
        return found
    question = found.question
    if found.vector is None:
        ids = _without_query(opened, question, found.conditions, MOST_HITS)
        ids = np.concatenate([found.ids, ids[~np.isin(ids, found.ids)]])
        return replace(found, ids=ids, total=len(ids))
    assert found.scores is not None
    begin_answer(opened)
    ids, scores = _ranked(opened, question, found.vector, found.conditions, MOST_HITS, found.only)
    new = ~np.isin(ids, found.ids)
    ids, scores = np.concatenate([found.ids, ids[new]]), np.concatenate([found.scores, scores[new]])
    return replace(found, ids=ids, scores=scores, total=len(ids), partial=found.partial or opened.partial)


def shown_hits(opened: OpenLibrary, found: HitList, ids: Ids) -> list[ShownHit]:
    """Return some hits of a list, `ids` of its own, with what is shown of them; photos that are gone are left out."""
    shown = opened.file.browsing.shown(ids.tolist(), found.conditions)
    wanted = np.isin(found.ids, ids)
    scores: dict[int, float] = {}
    if found.scores is not None:
        scores = dict(zip(found.ids[wanted].tolist(), found.scores[wanted].tolist(), strict=True))
    relevant = _relevances(opened, found, ids)
    hits, contents = [], []
    for content_id, relevance in zip(ids.tolist(), relevant, strict=True):
        if (content := shown.get(content_id)) is None:
            continue
        stands_for = content.copies if found.stands_for is None else found.stands_for.get(content_id, content.copies)
        contents.append(content)
        hits.append(
            Hit(content.path, scores.get(content_id), content.taken_at, content.taken_from, relevance, stands_for)
        )
    named = opened.file.place_names.of_hits(marked(opened.file, hits))
    hits = opened.file.texts.with_found(named, searched_words(found.question.filters))
    return [ShownHit(hit, content) for hit, content in zip(hits, contents, strict=True)]


_NONE = np.empty(0, np.int64)
_NO_SCORES = np.empty(0, np.float32)


def _check_without_query(question: Question) -> None:
    if question.sort == "score" or question.min_score > -1.0:
        raise UsageError("Without a query there is no score. Sort by date or path instead.")
    if question.collapse or question.relevant:
        raise UsageError("Only the hits of a query can be collapsed or chosen by relevance.")


def _without_query(opened: OpenLibrary, question: Question, conditions: Sequence[Condition], limit: int) -> Ids:
    """Return the contents of the photos that meet the conditions, in the order of the question, or the usual one."""
    library, words = opened.file, searched_words(question.filters)
    if not words or question.sort is not None:
        return library.browsing.contents(conditions, question.sort or "date", limit)
    others = filter_conditions(library, opened.models.to_ask().record, without_words(question.filters))
    best = library.texts.best_contents(words, others, limit)
    if len(best) == limit:
        return best
    rest = library.browsing.contents(conditions, "date", limit)  # of very many matches, not all are compared
    return np.concatenate([best, rest[~np.isin(rest, best)]])[:limit]


def _ranked(
    opened: OpenLibrary, question: Question, vector: Vector, conditions: Sequence[Condition], limit: int,
    only: Ids | None,
) -> tuple[Ids, Vector]:  # fmt: skip
    record, more = opened.models.to_ask().record, len(question.without)
    found = rank(opened.file, record, vector, limit + more, question.min_score, conditions, only, opened.cluster)
    ids = np.array([content_id for content_id, _ in found], np.int64)
    scores = np.array([score for _, score in found], np.float32)
    kept = ~np.isin(ids, list(question.without))
    return ids[kept][:limit], scores[kept][:limit]


def _collapsed(opened: OpenLibrary, found: HitList) -> HitList:
    assert found.vector is not None
    question = found.question
    record = opened.models.to_ask().record
    best = partial(
        rank, opened.file, record, found.vector, min_score=question.min_score, conditions=found.conditions,
        cluster=opened.cluster,
    )  # fmt: skip
    groups = [
        (content_id, score, [one for one in alike if one not in question.without])
        for content_id, score, alike in collapsed(opened.file, record, best, CONSIDERED // 4)
        if content_id not in question.without
    ]
    shown = opened.file.browsing.shown([one for _, _, alike in groups for one in alike], found.conditions)
    stands_for = {
        content_id: sum(shown[one].copies for one in alike if one in shown) for content_id, _, alike in groups
    }
    ids = np.array([content_id for content_id, _, _ in groups], np.int64)
    scores = np.array([score for _, score, _ in groups], np.float32)
    found = replace(found, ids=ids, scores=scores, total=len(ids), stands_for=stands_for)
    return _in_order(opened.file, _relevant_only(opened, found))


def _relevant_only(opened: OpenLibrary, found: HitList) -> HitList:
    """Return the list without hits that hardly fit, if the question asks for that."""
    if not found.question.relevant or found.scores is None:
        return found
    relevant = _relevances(opened, found, found.ids)
    kept = np.array([Hit("", None, relevance=one).is_relevant for one in relevant], bool)
    return replace(found, ids=found.ids[kept], scores=found.scores[kept], total=int(kept.sum()))


def _in_order(library: LibraryFile, found: HitList) -> HitList:
    """Return the list sorted by date or path, if the question asks for that."""
    order = found.question.sort
    if order not in ("date", "path") or found.scores is None:
        return found
    scores = dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))
    ids = library.browsing.in_order(found.ids, order)
    return replace(found, ids=ids, scores=np.array([scores[one] for one in ids.tolist()], np.float32), total=len(ids))


def _relevances(opened: OpenLibrary, found: HitList, ids: Ids) -> list[float | None]:
    if not any(term.text is not None for term in found.question.terms):
        return [None] * len(ids)
    model = opened.models.to_ask()
    vectors = opened.file.embeddings.of_contents(model.record, ids.tolist())
    known = opened.file.models.margin(model.record.id)
    margin = known.logits if known is not None else MARGIN
    return relevances(found.question.terms, found.encoded, BACKGROUND, vectors, model.logit_scale, margin)
