"""Notices about the exclude globs of roots."""

import os
from collections.abc import Collection, Iterable, Iterator

from mcsearch.ops.indexing.places import Known, Place
from mcsearch.paths import shown


def exclude_notices(places: Iterable[Place], known: Known, matched: Collection[str]) -> Iterator[str]:
    """Yield a notice for each new glob that matched nothing, and one for the globs that a root no longer has.

    `known` are the roots and rules from before the run; `matched` are the globs that excluded something during it.
    """
    for place in places:
        if place.path != place.root or place.rules is None or not os.path.isdir(place.path):
            continue
        before = known.get(place.path)
        had, has = before.exclude if before else (), place.rules.exclude
        if dropped := [glob for glob in had if glob and glob not in has]:
            yield f"{shown(place.path)} no longer has these excludes: {', '.join(map(shown, dropped))}"
        for glob in has:
            if glob and glob not in had and glob not in matched:
                yield f"--exclude {shown(glob)} matches nothing in {shown(place.path)}."
