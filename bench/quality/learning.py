"""Measure what a label learns from a few examples, beside the nearest example and its words alone.

    python -m bench.quality.learning VECTORS.npz [--seeds 8]

The library holds painted scenes, among them 100 with each of three figures that no word of the demo model names, and
two traits of scenes that the demo model knows. Half of the examples show the label, the others are drawn from the rest
of the library. Embedding takes a minute; the vectors are kept in VECTORS.npz for the next time.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.quality.unnamed_figures import UNNAMED, unnamed_scenes
from mcsearch import load_model
from mcsearch.api import Model
from mcsearch.demo.painter import Scene, paint, scenes
from mcsearch.models.prompts import BACKGROUND, ensemble, label_prompts
from mcsearch.search.relevance import background_logits
from mcsearch.search.teaching import SAMPLE, instructive, log_odds, train

Vectors = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

EXAMPLES = (5, 10, 20)
_SCENES, _OF_EACH = 1400, 100
_AT_ONCE = 100


@dataclass(frozen=True)
class Task:
    """A label to learn: the library's vectors, which of them show it, and the vector of its words."""

    name: str
    photos: Vectors
    shows: Flags
    text: Vectors


def tasks(model: Model, file: Path) -> Iterator[Task]:
    """Yield the labels to learn, after embedding the scenes unless that was done before."""
    painted = scenes(_SCENES, 11)
    unnamed = {name: unnamed_scenes(name, _OF_EACH, 1) for name in UNNAMED}
    if not file.exists():
        every = {"painted": painted, **unnamed}
        np.savez(file, **{name: _embedded(model, some) for name, some in every.items()})  # type: ignore[arg-type]
    kept = np.load(file)
    base = kept["painted"]
    for name in unnamed:
        shows = np.repeat([False, True], [len(base), _OF_EACH])
        yield Task(name, np.concatenate([base, kept[name]]), shows, _words(model, name))
    red_cars = np.array([scene.subject == "car" and scene.colour == "red" for scene in painted])
    yield Task("a red car, taught as car", base, red_cars, _words(model, "car"))
    at_sea = np.array([scene.subject == "car" and scene.place == "beach" for scene in painted])
    yield Task("a car on a beach, taught as zorg", base, at_sea, _words(model, "zorg"))


class Judge:
    """The ways to judge photos after some examples; each returns numbers that are above 0 for photos it would tag."""

    def __init__(self, task: Task, background: Vectors, scale: float) -> None:
        self._task, self._background, self._scale = task, background, scale

    def taught(self, yes: list[int], no: list[int], *, alone: bool = False) -> Vectors:
        """Judge by the classifier of `teach`; `alone`, without the sample of the library."""
        photos = self._task.photos
        rest = photos[:0] if alone else photos[:: max(1, -(-len(photos) // SAMPLE))]
        learnt = train(photos[yes], photos[no], rest, self._task.text, self._background, self._scale)
        return log_odds(photos, [learnt], self._background, self._scale)[:, 0]

    def nearest(self, yes: list[int], no: list[int]) -> Vectors:
        """Judge by the nearest example."""
        photos = self._task.photos
        return np.asarray((photos @ photos[yes].T).max(axis=1) - (photos @ photos[no].T).max(axis=1))

    def words(self, _yes: list[int], _no: list[int]) -> Vectors:
        """Judge by the words of the label."""
        photos = self._task.photos
        rest = background_logits(photos, self._background, self._scale)
        return np.asarray(self._scale * photos @ self._task.text - rest)

    def suggested(self, yes: list[int], no: list[int]) -> Vectors:
        """Judge by as many examples: four at first, and then those that `suggest` asks for, four at a time."""
        return self._asked(yes, no, suggest=True)

    def drawn(self, yes: list[int], no: list[int]) -> Vectors:
        """Judge by as many examples: four at first, and then any photos of the library."""
        return self._asked(yes, no, suggest=False)

    def _asked(self, yes: list[int], no: list[int], *, suggest: bool) -> Vectors:
        number, chance = len(yes) + len(no), np.random.default_rng(yes)
        yes, no = yes[:2], no[:2]
        while (left := number - len(yes) - len(no)) > 0:
            odds = self.taught(yes, no)
            others = np.setdiff1d(np.arange(len(odds)), [*yes, *no])
            known = self._task.photos[[*yes, *no]]
            some = instructive(odds[others], self._task.photos[others], known, min(4, left))
            for place in some if suggest else chance.choice(len(others), len(some), replace=False):
                (yes if self._task.shows[others[place]] else no).append(int(others[place]))
        return self.taught(yes, no)


def figures(judge: Callable[[list[int], list[int]], Vectors], task: Task, number: int, seeds: int) -> list[float]:
    """Return precision, recall and average precision on the photos that are no examples, as means over the seeds."""
    found = []
    for seed in range(seeds):
        chance = np.random.default_rng(seed)
        yes = chance.choice(np.flatnonzero(task.shows), (number + 1) // 2, replace=False).tolist()
        no = chance.choice(np.flatnonzero(~task.shows), number // 2, replace=False).tolist()
        others = np.setdiff1d(np.arange(len(task.shows)), [*yes, *no])
        judged, shows = judge(yes, no)[others], task.shows[others]
        right = shows & (judged > 0)
        in_order = shows[np.argsort(-judged)]
        average = (np.cumsum(in_order) / np.arange(1, len(in_order) + 1))[in_order].mean()
        found.append((right.sum() / max(1, (judged > 0).sum()), right.sum() / shows.sum(), average))
    return [float(one) for one in np.mean(found, axis=0)]


def main() -> None:
    """Print precision, recall and average precision of each way, for each label and number of examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--seeds", type=int, default=8)
    chosen = parser.parse_args()
    model = load_model("demo")
    background = model.embed_texts(BACKGROUND)
    every = list(tasks(model, chosen.vectors))
    for number in EXAMPLES:
        print(f"{number} examples: precision, recall, average precision; the mean, then each label")
        for way in ("taught", "alone", "suggested", "drawn", "nearest", "words"):
            rows = []
            for task in every:
                judge = Judge(task, background, model.logit_scale)
                one = (lambda y, n, j=judge: j.taught(y, n, alone=True)) if way == "alone" else getattr(judge, way)
                rows.append(figures(one, task, number, chosen.seeds))
            shown = [" ".join(f"{one:.2f}" for one in row) for row in [list(np.mean(rows, axis=0)), *rows]]
            print(f"  {way:10}", "   ".join(shown), flush=True)
    print("labels:", ", ".join(task.name for task in every))


def _words(model: Model, label: str) -> Vectors:
    return ensemble(list(model.embed_texts(label_prompts(label))))


def _embedded(model: Model, some: list[Scene]) -> Vectors:
    parts = (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
    return np.concatenate([model.embed_images([paint(scene) for scene in part]) for part in parts])


if __name__ == "__main__":
    main()
