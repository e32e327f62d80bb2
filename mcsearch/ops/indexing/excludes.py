"""What is said of the globs that a root leaves out."""

import os
from collections.abc import Collection, Iterable, Iterator

from mcsearch.ops.indexing.places import Known, Place
from mcsearch.paths import shown


def exclude_notices(places: Iterable[Place], known: Known, matched: Collection[str]) -> Iterator[str]:
    """Say which new globs of a root matched nothing, and which it had before and has no longer.

    `known` are the roots as they were before the run, `matched` the globs that left something out in it.
    """
    for place in places:
        if place.path != place.root or place.rules is None or not os.path.isdir(place.path):
            continue
        before = known.get(place.path)
        had, has = before.exclude if before else (), place.rules.exclude
        if dropped := [glob for glob in had if glob and glob not in has]:
            yield f"These excludes of {shown(place.path)} no longer hold: {', '.join(map(shown, dropped))}"
        for glob in has:
            if glob and glob not in had and glob not in matched:
                yield f"--exclude {shown(glob)} matches nothing in {shown(place.path)}."
