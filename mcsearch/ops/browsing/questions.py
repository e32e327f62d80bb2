"""What is asked of a list of hits: the terms of a query, filters, and how the hits are chosen and sorted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.ops.find import Order
from mcsearch.search.query import Term, terms

Vector = npt.NDArray[np.float32]

# A weight, and the key of a picture whose vector is known.
Weighted = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the terms of a query, filters, and how the hits are chosen and sorted.

    A term's `photo` is a key of `pictures`, which holds the vectors. `without` are contents that are no hits.
    """

    terms: tuple[Term, ...] = ()
    pictures: Mapping[str, Vector] = field(default_factory=dict)
    filters: Wanted = field(default_factory=dict)
    sort: Order | None = None
    min_score: float = -1.0
    relevant: bool = False
    collapse: bool = False
    without: frozenset[int] = frozenset()


def terms_of(
    text: str, like: Sequence[Weighted] = (), not_text: Sequence[str] = (), not_like: Sequence[Weighted] = ()
) -> tuple[Term, ...]:
    """Return the terms of a query, as `find` takes them, with known pictures in place of photos.

    Raises UsageError for an empty text, and when there are only terms to avoid.
    """
    wanted = [*terms(text), *(Term(weight, photo=picture) for weight, picture in like)]
    if (not_text or not_like) and not wanted:
        raise UsageError("The query must also say what to look for, not only what to avoid.")
    avoided = terms("anything", not_text=not_text)[1:]
    return (*wanted, *avoided, *(Term(-weight, photo=picture) for weight, picture in not_like))
