"""What Tab offers as values of options and arguments: what the library has. Silent if there is none or it is broken."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import typer

from mcsearch import settings
from mcsearch.printable import one_line

if TYPE_CHECKING:
    from mcsearch.library.filtering.known_values import KnownValues

Completion = Callable[[typer.Context, str], list[str]]
_SPECIAL_IN_BASH = r"([^\w@%+=:,./~-])"


class _Escaped(str):
    """A value as bash wants it, which typer compares with the unescaped beginning that was typed."""

    _value: str

    def __new__(cls, value: str) -> "_Escaped":
        escaped = super().__new__(cls, re.sub(_SPECIAL_IN_BASH, r"\\\1", value, flags=re.ASCII))
        escaped._value = value
        return escaped

    def startswith(self, *arguments: Any) -> bool:
        """Return whether the unescaped value begins with a text."""
        return self._value.startswith(*arguments)


def _offered(values: Iterable[str], incomplete: str) -> list[str]:
    """Return the values that begin with what was typed, as the shell wants them, and that it may print."""
    found = [value for value in values if value.startswith(incomplete) and value == one_line(value)]
    if os.environ.get("_MCSEARCH_COMPLETE") == "complete_bash":
        return [_Escaped(value) for value in found]
    return found


def _from_library(query: Callable[["KnownValues"], Iterable[str]]) -> Completion:
    """Return a completion with the values that a query finds in the library that the command line names."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        from mcsearch.library.filtering.known_values import known_values_for_completion  # only Tab needs it

        try:
            with known_values_for_completion(settings.library_path(ctx.params.get("library"))) as known:
                return _offered(query(known), incomplete)
        except (sqlite3.Error, OSError, ValueError):
            return []

    return complete


def _orientations(ctx: typer.Context, incomplete: str) -> list[str]:  # noqa: ARG001 (like the others)
    return _offered(("portrait", "landscape", "square"), incomplete)


labels = _from_library(lambda known: known.labels())
sets = _from_library(lambda known: known.sets())
roots = _from_library(lambda known: known.roots())
# By the names of filters.
OF_FILTERS: dict[str, Completion] = {
    "in": roots,
    "tag": labels,
    "place": _from_library(lambda known: known.places()),
    "camera": _from_library(lambda known: known.of_fact("camera")),
    "lens": _from_library(lambda known: known.of_fact("lens")),
    "format": _from_library(lambda known: (value.lower() for value in known.of_fact("format"))),
    "orientation": _orientations,
}


def catalog_models(incomplete: str) -> list[str]:
    """Return the models of the catalog that begin like this."""
    from mcsearch.models.catalog import MODELS

    return _offered(MODELS, incomplete)


def library_models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the models of the library that begin like this, or of the catalog if none does."""
    return _from_library(lambda known: known.models())(ctx, incomplete) or catalog_models(incomplete)
