"""Measure how often queries without an answer find something, and how many right answers are lost.

    python -m bench.quality.relevance VECTORS.npy [--photos 20000] [--model demo] [--weights FILE]

Painted scenes are embedded, which takes minutes, and kept in VECTORS.npy for the next time. With `--weights`, a seeded
checkpoint of an architecture, texts and photos are unrelated, so that every query is without an answer.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcsearch import load_model
from mcsearch.api import Model
from mcsearch.demo.painter import COLOURS, COLOURS_OF, PLACES, SUBJECTS, TIMES, Scene, paint, scenes
from mcsearch.demo.phrases import Meaning, foreign, phrased
from mcsearch.models.prompts import BACKGROUND
from mcsearch.models.rare import RARE, Kind, rare_prompts
from mcsearch.search.calibration import chance_margin
from mcsearch.search.packing.quantise import quantise
from mcsearch.search.relevance import background_logits

Vectors = npt.NDArray[np.float32]

SIZES = (400, 2000, 20_000)
SEED = 4711
_MOST_LIBRARIES = 8
_AT_ONCE = 200


def measure(model: Model, photos: Vectors, shown: Sequence[Scene] | None) -> None:
    """Print a line for each size of library. `shown` are the scenes, None if the model has learnt nothing."""
    rng = random.Random(9)
    background = model.embed_texts(BACKGROUND)
    if shown is None:  # each half of the list is held out from calibration with the other
        halves = [[Kind(kind.share, kind.prompts[half::2]) for kind in RARE] for half in (0, 1)]
        kinds, held_out = halves[0], [(kind.share, list(kind.prompts)) for kind in halves[1]]
    else:
        kinds, held_out = list(rare_prompts("demo")), [(7 / 8, _things(shown, rng)), (1 / 8, _near_misses(rng))]
    known = [(kind.share, model.embed_texts(kind.prompts)) for kind in kinds]
    absent = [(share, model.embed_texts(texts)) for share, texts in held_out]
    meanings = [Meaning(subject, place, time) for subject in SUBJECTS for place in PLACES for time in (None, *TIMES)]
    asked = model.embed_texts([phrased(meaning, rng) for meaning in meanings])
    rows, scales = quantise(photos)
    for size in sorted({min(size, len(photos)) for size in SIZES}):
        figures = []
        for start in range(0, min(_MOST_LIBRARIES * size, len(photos) - size + 1), size):
            part = slice(start, start + size)
            margin = chance_margin(rows[part], scales[part], size, known, background, model.logit_scale)
            rest = background_logits(photos[part], background, model.logit_scale)[:, None] + margin

            def relevant(texts: Vectors, part: slice = part, rest: Vectors = rest) -> npt.NDArray[np.bool_]:
                return np.asarray(model.logit_scale * photos[part] @ texts.T > rest)

            found = [float(relevant(texts).any(axis=0).mean()) for _, texts in absent]
            row = [margin, sum(share * part for (share, _), part in zip(absent, found, strict=True)), *found]
            if shown is not None:
                right = np.array([[meaning.fits(scene.meaning) for meaning in meanings] for scene in shown[part]])
                fits = relevant(asked)
                row += [float((right & ~fits).sum() / right.sum()), float((fits & ~right).any(axis=0).mean())]
            figures.append(row)
        print(f"{size:6} photos, {len(figures)} libraries:", *(f"{one:7.4f}" for one in np.mean(figures, axis=0)))


def main() -> None:
    """Embed the scenes unless that was done before, and print a line for each size of library."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--photos", type=int, default=max(SIZES))
    parser.add_argument("--model", default="demo")
    parser.add_argument("--weights", type=Path)
    chosen = parser.parse_args()
    model, shown = load_model(chosen.model, weights=chosen.weights), scenes(chosen.photos, SEED)
    if not chosen.vectors.exists():
        some = (shown[start : start + _AT_ONCE] for start in range(0, len(shown), _AT_ONCE))
        np.save(chosen.vectors, np.concatenate([model.embed_images([paint(scene) for scene in part]) for part in some]))
    print("margin; absent queries that find something: all, things, near misses; right answers lost; left-out scenes")
    measure(model, np.load(chosen.vectors), None if chosen.weights else shown)


def _things(shown: Sequence[Scene], rng: random.Random) -> list[str]:
    """Captions of what is never painted, with words that the model has never learnt."""
    return [foreign(rng, rng.choice(scene.meaning.parts())) for scene in shown[:800]]


def _near_misses(rng: random.Random) -> list[str]:
    """Subjects in colours that they are never painted in, "a green dog in the snow"."""
    return [
        phrased(Meaning(subject, place, rng.choice((None, None, *TIMES)), colour), rng)
        for subject in SUBJECTS
        for colour in COLOURS
        if colour not in COLOURS_OF.get(subject, ())
        for place in (None, *PLACES)
    ]


if __name__ == "__main__":
    main()
