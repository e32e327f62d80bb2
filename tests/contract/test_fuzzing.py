"""What is fuzzed, with a few seeded bytes and with what fuzzing found; `make fuzz` goes on for as long as wanted."""

import json
import random

import pytest

from bench.fuzz.targets import TARGETS

SLOW = ("metadata", "video_metadata", "checkpoint")
COUNT = 300
_PACKED = json.loads(TARGETS["packed_vectors"][1][0])


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in SLOW])
def test_seeded_changes_of_good_bytes(name: str) -> None:
    target, starts = TARGETS[name]
    draw = random.Random(name)
    for start in starts:
        target(start)
    for _ in range(COUNT):
        content = bytearray(draw.choice(starts))
        for _ in range(draw.choice((1, 2, 5))):
            at = draw.randrange(len(content) + 1)
            content[at : at + draw.choice((0, 1, 3))] = draw.choice(
                (b"", b"\0", b"\xff", b"-", b"9" * 9, b"1e999", b'"', b"[", b"=", b"|", b"#", b"\n", b" ", b"null")
            )
        target(bytes(content))


FINDINGS = {
    "a count that is infinite": ("packed_vectors", json.dumps({**_PACKED, "count": float("inf")}).encode()),
    "a count below 0": ("packed_vectors", json.dumps({**_PACKED, "count": -2}).encode()),
    "a state of texts": (
        "packed_vectors",
        json.dumps({**_PACKED, "state": {"change_id": "1", "token": "x", "highest_id": "1"}}).encode(),
    ),
    "lists in lists": ("packed_vectors", b"[" * 100_000),
    "a day of sixty digits": ("dates", b"8" * 60 + b"2 Jun 23 10:10 +1 Jun 20 10\x1e105"),
    "a day of many digits": ("dates", b"8" * 9000 + b" Jun 23 10:10"),
    "a path with a NUL": ("filters", b"a\0b"),
    "answers in lists": ("worker_protocol", b"[" * 100_000 + b"\n"),
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_what_fuzzing_found(finding: str) -> None:
    name, content = FINDINGS[finding]
    TARGETS[name][0](content)
