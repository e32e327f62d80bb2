"""Prompts → token ids, the same as open_clip's tokenizer gives, in milliseconds and without torch.

The vocabulary is the one that open_clip ships. The algorithm: byte pair encoding, Sennrich et al. 2016, "Neural
Machine Translation of Rare Words with Subword Units", over bytes as in GPT-2, with CLIP's cleaning of the text.
"""

import functools
import gzip
import importlib.util
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int32]

_MERGES = 49152 - 256 - 2
_START, _END = "<start_of_text>", "<end_of_text>"
_WORDS = rf"{_START}|{_END}|'s|'t|'re|'ve|'m|'ll|'d|[\p{{L}}]+|[\p{{N}}]|[^\s\p{{L}}\p{{N}}]+"
_LENGTH_STEP = 16  # few different lengths, because a tower prepares for each when it first sees it
_ASCII_WORDS = _WORDS.replace(r"\p{L}", "a-z").replace(r"\p{N}", "0-9")  # equivalent for ASCII text


def tokenize(prompts: Sequence[str], context_length: int) -> Tokens:
    """Token ids (n, context_length) of prompts, as open_clip's SimpleTokenizer gives them.

    A prompt that is too long is cut off and still ends with the end token; a short one is padded with zeros.
    """
    ranks, ids = _vocabulary()
    tokens = np.zeros((len(prompts), context_length), np.int32)
    for row, prompt in zip(tokens, prompts, strict=True):
        found = [ids[_START], *(ids[piece] for word in _words(prompt) for piece in _pieces(word, ranks)), ids[_END]]
        row[: len(found)] = found[:context_length]
        if len(found) > context_length:
            row[-1] = ids[_END]
    return tokens


def lengths(tokens: Tokens) -> npt.NDArray[np.intp]:
    """The number of tokens of each prompt without padding; the last one, which ends a prompt, is never zero."""
    return np.asarray(tokens.shape[1] - np.argmax(tokens[:, ::-1] != 0, axis=1), np.intp)


def without_padding(tokens: Tokens) -> Tokens:
    """Cut off the padding that all prompts share, except what fills a round length."""
    longest = int(lengths(tokens).max(initial=1))
    return np.ascontiguousarray(tokens[:, : -(-longest // _LENGTH_STEP) * _LENGTH_STEP])


def _words(prompt: str) -> Iterator[str]:
    """Split a cleaned prompt into words, with each byte as the printable character that stands for it."""
    cleaned = _cleaned(prompt)
    if cleaned.isascii():
        found = re.findall(_ASCII_WORDS, cleaned)
    else:
        import regex  # slow to import

        found = regex.findall(_WORDS, cleaned, regex.IGNORECASE)
    for word in found:
        yield "".join(_BYTES[byte] for byte in word.encode("utf-8"))


def _cleaned(prompt: str) -> str:
    # Printable ASCII without entities needs no ftfy, which takes longer to import than everything else here.
    if not (prompt.isascii() and prompt.isprintable() and "&" not in prompt):
        import html

        import ftfy

        prompt = html.unescape(html.unescape(ftfy.fix_text(prompt)))
    return " ".join(prompt.split()).lower()


def _pieces(word: str, ranks: dict[str, int]) -> list[str]:
    """Split a word into pieces of the vocabulary: the pair that was learnt first is joined first."""
    if word in (_START, _END):
        return [word]
    pieces = [*word[:-1], word[-1] + "</w>"]
    while len(pieces) > 1:
        pairs = [f"{left} {right}" for left, right in itertools.pairwise(pieces)]
        best = min(pairs, key=lambda pair: ranks.get(pair, _MERGES))
        if best not in ranks:
            break
        joined: list[str] = []
        position = 0
        while position < len(pieces):
            if position < len(pairs) and pairs[position] == best:
                joined.append(pieces[position] + pieces[position + 1])
                position += 2
            else:
                joined.append(pieces[position])
                position += 1
        pieces = joined
    return pieces


@functools.cache
def _vocabulary() -> tuple[dict[str, int], dict[str, int]]:
    """The rank of each pair "left right" that may be joined, and the id of each piece."""
    spec = importlib.util.find_spec("open_clip")  # without importing it
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "bpe_simple_vocab_16e6.txt.gz"
    pairs = gzip.decompress(file.read_bytes()).decode("utf-8").split("\n")[1 : _MERGES + 1]
    characters = list(_BYTES.values())
    pieces = [*characters, *(f"{character}</w>" for character in characters)]
    pieces += [pair.replace(" ", "") for pair in pairs]
    ranks = dict(zip(pairs, range(len(pairs)), strict=True))
    return ranks, dict(zip([*pieces, _START, _END], itertools.count()))


def _printable_bytes() -> dict[int, str]:
    """GPT-2's printable character for each of the 256 bytes, in the order of the vocabulary."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    characters = [*printable, *range(256, 256 + len(others))]
    return dict(zip([*printable, *others], map(chr, characters), strict=True))


_BYTES = _printable_bytes()
