"""TARGETS: what is fuzzed, each a function of arbitrary bytes that lets through only what is promised to be raised."""

import contextlib
import datetime
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from blake3 import blake3

from mcsearch.errors import McsearchError
from mcsearch.library.filtering.filter_sql import Surroundings
from mcsearch.library.filtering.filters import FILTERS, conditions
from mcsearch.ops.finding.labels_file import read_labels
from mcsearch.photos.as_taken import is_as_taken
from mcsearch.photos.facts.dates import exif_date, iptc_date, text_date, xmp_date
from mcsearch.photos.facts.metadata import read_facts, read_metadata, read_video_facts
from mcsearch.photos.workers.checks import UntrustworthyError, checked_facts, read_answer
from mcsearch.photos.workers.protocol import Answer, Refusal, Request
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import Facts
from mcsearch.search.packing.packed import PackedVectors

_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz"))
_REQUEST = Request("/a.jpg", "decode", Framing(4), whole_side=2)


def labels_file(content: bytes) -> None:
    """A labels file is read, or is refused with a sentence of one line."""
    file = _FOLDER / "labels.txt"
    file.write_bytes(content)
    with _refusals():
        assert all(label.name and label.prompts and all(label.prompts) for label in read_labels(file))


def filters(content: bytes) -> None:
    """Each value of each filter becomes a condition with as many places as parameters, or is refused."""
    text = content.decode("utf-8", "surrogateescape")
    around = Surroundings(1, lambda _: (), datetime.date(2024, 2, 29), {"jpeg": "JPEG"})
    for filter_ in FILTERS:
        if filter_.name == "near":  # the search for a town takes seconds
            continue
        with _refusals():
            for met in conditions({filter_.key: text}, around).values():
                assert met.sql.count("?") == len(met.parameters)


def dates(content: bytes) -> None:
    """A date of a file is ISO 8601 or none."""
    text = content.decode("latin-1")
    half = len(text) // 2
    for found in (
        exif_date(text), exif_date(text[:half], text[half:], text[half:]), xmp_date(text), text_date(text),
        iptc_date(text[:half], text[half:]),
    ):  # fmt: skip
        if found is not None:
            assert "1800" <= found[:4] < "2200", found
            if len(found) > 10:
                datetime.datetime.fromisoformat(found.replace(":60", ":59"))


def metadata(content: bytes) -> None:
    """Facts are read from any bytes, and pass the checks of the process that receives them."""
    for name in ("a.jpg", "a.dng"):
        _check(read_facts(content, f"/{name}", 10**18, [content]))
        is_as_taken(read_metadata(content, f"/{name}"))


def video_metadata(content: bytes) -> None:
    """Facts are read from any video."""
    _check(read_video_facts(io.BytesIO(content), "/a.mp4", 10**18))


def packed_vectors(content: bytes) -> None:
    """A copy whose state is not what was written is none; a loaded one has the rows that it says."""
    folder = _FOLDER / "packed"
    folder.mkdir(exist_ok=True)
    for name, size in (("rows", 8), ("scales", 8), ("ids", 16)):
        (folder / f"{name}-0").write_bytes(bytes(size))
        os.utime(folder / f"{name}-0", ns=(1, 1))
    (folder / "state.json").write_bytes(content)
    loaded = PackedVectors.load_restored(folder, 4)
    if loaded is not None:
        assert len(loaded.rows) == len(loaded.scales) == len(loaded.ids) == 2
        assert all(type(number) is int for number in (loaded.state.change_id, loaded.state.token))


def worker_protocol(content: bytes) -> None:
    """An answer of a worker is believed or refused by the exception that the pool expects."""
    with contextlib.suppress(UntrustworthyError):
        answer = read_answer(io.BytesIO(content), _REQUEST, 0, lambda: None, lambda: None)
        assert isinstance(answer, Answer | Refusal)


def checkpoint(content: bytes) -> None:
    """A file that is no checkpoint is refused with a sentence."""
    from mcsearch.models.lookup import find_model
    from mcsearch.models.reference.loading import load_clip

    file = _FOLDER / ("a.safetensors" if content[:1] < b"\x80" else "a.pt")
    file.write_bytes(content)
    with _refusals():
        load_clip(find_model("demo"), file)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Let errors with a sentence pass."""
    with contextlib.suppress(McsearchError):
        yield


def _check(facts: Facts) -> None:
    fields = {name: getattr(facts, name) for name in Facts.__dataclass_fields__}
    # As they travel from the worker.
    checked_facts(json.loads(json.dumps(fields)))


def _state_json() -> bytes:
    files = {"rows": [8, 1], "scales": [8, 1], "ids": [16, 1]}
    state = {"change_id": 1, "token": 1, "highest_id": 1}
    header = {
        "format": 3, "generation": "0", "count": 2, "files": files, "state": state,
        "checksums": [blake3(bytes(8 + 8 + 16)).hexdigest(length=8)],
    }  # fmt: skip
    return json.dumps(header).encode()


_ANSWER = {
    "hash": "00" * 32, "read_s": 0.1, "decode_s": 0.1, "shape": [4, 4, 3], "damage": None,
    "from_preview": False,
    "facts": {name: field.default for name, field in Facts.__dataclass_fields__.items()},
}  # fmt: skip

# What each is given, and what to start from.
TARGETS: Mapping[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "labels_file": (labels_file, (b"dog\nbeach = a beach | the seaside  # sand\n", b"\xef\xbb\xbfcat\r\n")),
    "filters": (filters, tuple(value.encode() for row in FILTERS for value in (*row.good, *row.bad))),
    "dates": (dates, (b"2023:06:12 10:11:12.34+02:00", b"20230612101112+0200", b"Mon, 12 Jun 2023 10:11:12 +0200")),
    "metadata": (metadata, ()),
    "video_metadata": (video_metadata, ()),
    "packed_vectors": (packed_vectors, (_state_json(),)),
    "worker_protocol": (worker_protocol, (json.dumps(_ANSWER).encode() + b"\n" + bytes(60), b"read\n{}\n")),
    "checkpoint": (checkpoint, (b"\x08\0\0\0\0\0\0\0{}      ", b"PK\3\4", b"\x80\2}.")),
}
