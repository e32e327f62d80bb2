"""The captions that the demo model is trained with, and the scenes that each caption fits."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from mcsearch.demo.painter import COLOURS, COLOURS_OF, PLACES, SUBJECTS, TIMES
from mcsearch.demo.phrases import (
    FOREIGN_SUBJECTS,
    PLACE_NOUNS,
    SUBJECT_NOUNS,
    TIME_NOUNS,
    Meaning,
    all_words,
    foreign,
    phrased,
    phrases,
)
from mcsearch.models.prompts import BACKGROUND, TEMPLATES

# The meaning of a caption that fits no scene.
NO_SCENE = None
Caption = tuple[str, Meaning | None]


class Vocabulary:
    """A tokenizer that maps every token never used for painted scenes to a single unknown token.

    The model has 49,408 tokens but learns only a few hundred words. All other tokens share one row of the embedding
    table, which captions of foreign things train to mean something that is not in the picture.
    """

    def __init__(self, tokenizer: Callable[[list[str]], torch.Tensor], size: int) -> None:
        self._tokenizer = tokenizer
        known = torch.unique(tokenizer([*all_words(), *(template.format("") for template in TEMPLATES), *BACKGROUND]))
        self._map = torch.full((size,), -1)
        self._map[known] = known
        self.unknown = (self._map < 0).nonzero().flatten()
        self._map[self.unknown] = self.unknown[0]

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the tokens of the texts, shape (texts, tokens), truncated to the longest text."""
        tokens = self._tokenizer(list(texts))
        longest = int((tokens != 0).sum(1).max())
        return self._map[tokens[:, :longest]]

    def share(self, table: torch.Tensor) -> None:
        """Copy the trained row of the unknown token to all other unused tokens in the embedding table."""
        table[self.unknown] = table[self.unknown[0]].clone()


@dataclass(frozen=True, slots=True)
class CaptionBatch:
    """Captions, which are used as they are, and labels, which are put into the prompt templates.

    A caption or label whose meaning is None fits no scene.
    """

    captions: list[Caption]
    labels: list[Caption]


def caption_batch(shown: Sequence[Meaning], rng: random.Random, labels: int) -> CaptionBatch:
    """Return a batch of `labels` labels and five captions per scene.

    Of the five, two fit the scene, two are wrong in one word, and one fits no scene.
    """
    captions: list[Caption] = []
    for whole in shown:
        parts = whole.parts()
        for _ in range(2):
            meaning = rng.choice(parts)
            captions.append((_worded(meaning, rng), meaning))
            wrong = _wrong(rng.choice(parts), rng)
            captions.append((_worded(wrong, rng), wrong))
        captions.append((foreign(rng, rng.choice(parts)), NO_SCENE))
    return CaptionBatch(captions, rng.choices(_ALL_LABELS, k=labels))


def fits(captions: Sequence[Caption], shown: Sequence[Meaning]) -> torch.Tensor:
    """Return whether each caption fits each scene, as a bool tensor of shape (scenes, captions)."""
    return torch.tensor([[meaning is not None and meaning.fits(whole) for _, meaning in captions] for whole in shown])


def _worded(meaning: Meaning, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(phrases(meaning))
    if kind < 0.4:
        return rng.choice(TEMPLATES).format(phrases(meaning)[-1])
    return phrased(meaning, rng)


def _wrong(meaning: Meaning, rng: random.Random) -> Meaning:
    """Return the meaning with one of its words replaced by another of the same kind."""
    subject, place, time, colour = meaning.subject, meaning.place, meaning.time, meaning.colour
    kinds = [kind for kind in ("subject", "place", "time", "colour") if getattr(meaning, kind)]
    match rng.choice(kinds):
        case "subject":
            subject = rng.choice([s for s in SUBJECTS if s != subject])
        case "place":
            place = rng.choice([p for p in PLACES if p != place])
        case "time":
            time = rng.choice([t for t in TIMES if t != time])
        case _:
            own = COLOURS_OF[subject or ""]
            colour = rng.choice([c for c in (own if rng.random() < 0.7 else COLOURS) if c != colour])
    return Meaning(subject, place, time, colour)


def _all_labels() -> list[Caption]:
    plain: list[Caption] = [(s, Meaning(s)) for s in SUBJECTS]
    plain += [(p, Meaning(None, p)) for p in PLACES]
    plain += [(t, Meaning(None, None, t)) for t in TIMES]
    synonyms: list[Caption] = [
        (one, Meaning(s)) for s, nouns in SUBJECT_NOUNS.items() for pair in nouns for one in pair
    ]
    synonyms += [(noun, Meaning(None, p)) for p, nouns in PLACE_NOUNS.items() for noun in nouns]
    synonyms += [(noun, Meaning(None, None, t)) for t, nouns in TIME_NOUNS.items() for noun in nouns]
    coloured: list[Caption] = [(f"{c} {s}", Meaning(s, colour=c)) for s, own in COLOURS_OF.items() for c in own]
    return 3 * plain + synonyms + coloured + [(word, NO_SCENE) for word in FOREIGN_SUBJECTS[:40]]


_ALL_LABELS = _all_labels()
