"""Ask a running server for the vectors of prompts, over a socket that only the user can open.

A request is one line of JSON: `fingerprint` of the model, and `prompts`. The answer is one line of JSON, `count` and
`dimensions`, and then the vectors as float32, little-endian; or nothing, if the server cannot encode them.
"""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from mcsearch.ops.model import ModelInUse

Vector = npt.NDArray[np.float32]

LINE_BYTES_AT_MOST = 1 << 16
_CONNECT_S = 0.2
_ANSWER_S = 10.0


class PromptSocket:
    """The socket of the server for a library file, in a folder that belongs to the user alone."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.folder = folder
        self.file = folder / f"{blake3(os.fsencode(os.path.realpath(library))).hexdigest(length=8)}.sock"

    def is_safe(self) -> bool:
        """Return whether the folder exists and nobody else can change what is in it."""
        try:
            found = os.lstat(self.folder)
        except OSError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077

    def encode(self, model: ModelInUse, prompts: Sequence[str]) -> dict[str, Vector] | None:
        """Return the vectors of prompts, float32 (dimensions,), or None if no server can give them."""
        import socket

        if not hasattr(socket, "AF_UNIX") or not self.is_safe():
            return None
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_CONNECT_S)
                connection.connect(str(self.file))
                connection.settimeout(_ANSWER_S)
                asked = {"fingerprint": model.fingerprint, "prompts": list(prompts)}
                connection.sendall(json.dumps(asked).encode() + b"\n")
                with connection.makefile("rb") as answer:
                    header = json.loads(answer.readline(LINE_BYTES_AT_MOST))
                    if header != {"count": len(prompts), "dimensions": model.dimensions}:
                        return None
                    vectors = np.frombuffer(answer.read(4 * len(prompts) * model.dimensions), "<f4")
            return dict(zip(prompts, vectors.reshape(len(prompts), model.dimensions), strict=True))
        except (OSError, ValueError):  # no server, or one that is not well
            return None


def encoded_answer(vectors: Sequence[Vector], dimensions: int) -> bytes:
    """Return the answer with these vectors."""
    header = json.dumps({"count": len(vectors), "dimensions": dimensions}).encode()
    return header + b"\n" + b"".join(vector.astype("<f4").tobytes() for vector in vectors)
