"""Clients that ask a server as people do who type, scroll and look, all at once.

    python -m bench.sections.web.load HOST PORT CLIENTS SECONDS

Prints one JSON object: the milliseconds of every answer by kind of question, and the errors.
"""

import asyncio
import json
import random
import sys
import time
import urllib.parse
from collections import defaultdict

from bench.libraries import PROMPTS

# The kinds of questions, and how often each is asked.
_SHARES = {"asked before": 6, "new prompt": 3, "next part": 4, "facts": 3, "similar": 1, "filtered": 2}
_WORDS = ("dog", "beach", "night", "snow", "boat", "birthday", "cake", "city", "tree", "sunset")


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str) -> tuple[int, bytes]:
    """The status and the body of the answer to a GET."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)


def _search(**parameters: str | int) -> str:
    return f"/api/v1/search?{urllib.parse.urlencode({'limit': 60, **parameters})}"


async def _client(number: int, host: str, port: int, until: float, taken: dict[str, list[float]]) -> list[str]:
    """Ask until the time is up; the errors."""
    rng, errors = random.Random(number), []
    reader, writer = await asyncio.open_connection(host, port)
    photo, following = "", None
    while time.monotonic() < until:
        kind = rng.choices(
            ["asked before", "new prompt", "next part", "facts", "similar", "filtered"], (6, 3, 4, 3, 1, 2)
        )[0]
        path = {
            "asked before": _search(q=rng.choice(PROMPTS)),
            "new prompt": _search(q=f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {rng.randrange(10**6)}"),
            "next part": following or _search(),
            "facts": f"/api/v1/photos/{photo}" if photo else _search(),
            "similar": f"/api/v1/photos/{photo}/similar?limit=60" if photo else _search(),
            "filtered": _search(q=rng.choice(PROMPTS), after=2010 + rng.randrange(10), orientation="portrait"),
        }[kind]
        started = time.perf_counter()
        status, body = await _get(reader, writer, f"{host}:{port}", path)
        taken[kind].append(1000 * (time.perf_counter() - started))
        if status != 200:
            errors.append(f"{status} for {path}: {body[:200]!r}")
        elif path.startswith("/api/v1/search"):
            answer = json.loads(body)
            following = answer["next"] if answer["offset"] < 400 else None
            photo = rng.choice(answer["hits"])["id"] if answer["hits"] else photo
    writer.close()
    return errors


async def _main(host: str, port: int, clients: int, seconds: float) -> None:
    taken: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + seconds
    errors = await asyncio.gather(*(_client(number, host, port, until, taken) for number in range(clients)))
    print(json.dumps({"taken_ms": taken, "errors": [error for of in errors for error in of]}))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
