"""How much of a prompt is read."""

import random
import string

import numpy as np

from mcsearch.models.converted.tokenizing import _vocabulary, tokenize
from mcsearch.models.prompts import _VISIBLE_CHARACTERS, visible

CONTEXT_LENGTH = 77


def test_what_a_tower_can_see_is_kept() -> None:
    longest = max(len(piece.removesuffix("</w>")) for piece in _vocabulary()[1])  # in bytes
    assert longest * CONTEXT_LENGTH <= _VISIBLE_CHARACTERS
    words = "a dog " * 3000
    spaced = words.replace(" ", " \n" * 50)
    for prompt in (words, spaced, "\U0001f602" * 3000, "a dog"):
        assert len(visible(prompt)) <= _VISIBLE_CHARACTERS
        assert np.array_equal(tokenize([visible(prompt)], CONTEXT_LENGTH), tokenize([prompt], CONTEXT_LENGTH))


def test_endless_prompts_are_cut_before_they_take_time() -> None:
    letters = random.Random(0).choices(string.ascii_lowercase + "é", k=40_000)
    for prompt in ("".join(letters), "a dog " * 2_000_000, "é&" * 5_000_000):
        assert tokenize([visible(prompt)], CONTEXT_LENGTH).shape == (1, CONTEXT_LENGTH)
