"""Queries of weighted texts and photos, and the one vector that stands for each query."""

import os
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.records.record import Record

Vectors = npt.NDArray[np.float32]

# A number and a colon, unless a digit follows: "16:9" is a text.
_WEIGHTED = r"(-?\d+(?:\.\d+)?|-?\.\d+):(?!\d)(.*)"
# A sum that is shorter than this share of its parts has no direction worth following.
_CANCELLED = 1e-3


class Term(Record):
    """A part of a query: a text, or the path of a photo. A negative weight means to avoid it."""

    weight: float
    text: str | None = None
    photo: str | None = None


def terms(
    text: str = "",
    like: Sequence[str | os.PathLike[str]] = (),
    not_text: Sequence[str] = (),
    not_like: Sequence[str | os.PathLike[str]] = (),
) -> list[Term]:
    """Parse a query into terms, each of which may begin with a weight and a colon, `2:dog`. An empty query has none.

    Raises UsageError when there are only terms to avoid, and for a term that is empty or has weight 0.
    """
    found = [_text(text, 1)] if text.strip() else []
    found += [_photo(os.fspath(photo), 1) for photo in like]
    against = [_text(written, -1) for written in not_text] + [_photo(os.fspath(photo), -1) for photo in not_like]
    if against and not found:
        raise UsageError(
            "The query must also say what to look for, not only what to avoid.",
            hint='For example: mcsearch find "a dog" --not "people"',
        )
    return found + against


def combined(asked: Sequence[Term], vectors: Vectors) -> Vectors:
    """Combine terms into one vector, Σ weight · vector at unit length; float32 (dimensions,).

    `vectors` float32 (terms, dimensions) have unit length. Raises UsageError when they cancel each other out.
    """
    if len(asked) == 1:
        return np.asarray(vectors[0])
    weights = np.array([term.weight for term in asked])
    total = weights @ vectors.astype(np.float64)
    length = np.linalg.norm(total)
    if length <= _CANCELLED * np.abs(weights).sum():
        raise UsageError("The terms of this query cancel each other out. Change a weight.")
    return np.asarray(total / length, np.float32)


def _text(written: str, sign: int) -> Term:
    weight, text = _weight(written)
    text = " ".join(text.split())
    if not text:
        raise UsageError(f'{written!r} is not a text to look for. Give a text, or a weight and a text such as "2:dog".')
    return Term(sign * weight, text=text)


def _photo(written: str, sign: int) -> Term:
    weight, photo = _weight(written)
    if not photo:
        raise UsageError(f"{written!r} does not name a photo. Give a path, or a weight and a path such as 2:beach.jpg.")
    return Term(sign * weight, photo=photo)


def _weight(written: str) -> tuple[float, str]:
    match = re.fullmatch(_WEIGHTED, written, re.ASCII | re.DOTALL) if ":" in written else None
    if match is None:
        return 1.0, written
    weight = float(match[1])
    if not 0 < weight < float("inf"):
        raise UsageError(
            f"{written!r}: a weight is a number above 0, such as 2 or 0.5.", hint="To avoid a term: --not, --not-like."
        )
    return weight, match[2]
