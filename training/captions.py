"""The captions that the demo model is trained with: what is asked in one batch, and which scenes each caption fits."""

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

# A caption that fits no scene at all.
NOTHING = None
Caption = tuple[str, Meaning | None]


class Vocabulary:
    """Tokenizes, with every token that the painted world never uses replaced by one and the same.

    The model has 49,408 tokens and is taught a few hundred words. By sharing one row of the token table, all other
    words mean what the foreign captions teach: nothing that is in the picture.
    """

    def __init__(self, tokenizer: Callable[[list[str]], torch.Tensor], size: int) -> None:
        self._tokenizer = tokenizer
        known = torch.unique(tokenizer([*all_words(), *(template.format("") for template in TEMPLATES), *BACKGROUND]))
        self._map = torch.full((size,), -1)
        self._map[known] = known
        self.strangers = (self._map < 0).nonzero().flatten()
        self._map[self.strangers] = self.strangers[0]

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Tokens of the texts, as wide as the longest of them needs: (texts, tokens)."""
        tokens = self._tokenizer(list(texts))
        longest = int((tokens != 0).sum(1).max())
        return self._map[tokens[:, :longest]]

    def share(self, table: torch.Tensor) -> None:
        """Give all tokens of the token table that were never trained the row that was trained for them."""
        table[self.strangers] = table[self.strangers[0]].clone()


@dataclass(frozen=True, slots=True)
class CaptionBatch:
    """Captions asked as they are, and labels asked through the templates. Meaning None fits nothing."""

    captions: list[Caption]
    labels: list[Caption]


def caption_batch(shown: Sequence[Meaning], rng: random.Random, labels: int) -> CaptionBatch:
    """Five captions a scene: two that fit it, two that are wrong in one word, one that fits no scene at all; and
    `labels` labels.
    """
    captions: list[Caption] = []
    for whole in shown:
        parts = whole.parts()
        for _ in range(2):
            meaning = rng.choice(parts)
            captions.append((_said(meaning, rng), meaning))
            wrong = _wrong(rng.choice(parts), rng)
            captions.append((_said(wrong, rng), wrong))
        captions.append((foreign(rng, rng.choice(parts)), NOTHING))
    return CaptionBatch(captions, rng.choices(_ALL_LABELS, k=labels))


def fits(captions: Sequence[Caption], shown: Sequence[Meaning]) -> torch.Tensor:
    """Which caption fits which scene: bool of shape (scenes, captions)."""
    return torch.tensor([[meaning is not None and meaning.fits(whole) for _, meaning in captions] for whole in shown])


def _said(meaning: Meaning, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(phrases(meaning))
    if kind < 0.4:
        return rng.choice(TEMPLATES).format(phrases(meaning)[-1])
    return phrased(meaning, rng)


def _wrong(meaning: Meaning, rng: random.Random) -> Meaning:
    """The meaning with one of its words exchanged for another of the same kind."""
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
    return 3 * plain + synonyms + coloured + [(word, NOTHING) for word in FOREIGN_SUBJECTS[:40]]


_ALL_LABELS = _all_labels()
