"""Pictures to search by that were sent to the server: decoded in a worker process, kept as vectors only."""

import secrets
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt

from mcsearch.ops.model import ModelInUse
from mcsearch.photos.workers.pool import Decoded, DecodePool, Outcome, Undecodable
from mcsearch.records import ScannedFile
from mcsearch.web.answers import Refusal
from mcsearch.web.towers import Towers

Vector = npt.NDArray[np.float32]

AT_MOST = 256
_LIMIT_S = 25.0


class Uploads:
    """The vectors of uploaded pictures by id. Threads may share it; one picture is decoded at a time."""

    def __init__(self) -> None:
        self._lock, self._decoding = threading.Lock(), threading.Lock()
        self._vectors: OrderedDict[str, tuple[str, Vector]] = OrderedDict()
        self._pool: DecodePool | None = None
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()

    def add(self, picture: bytes, model: ModelInUse, towers: Towers) -> str:
        """Return the id of a picture after embedding it. Raises Refusal for one that cannot be decoded, ModelError."""
        with tempfile.TemporaryDirectory(prefix="mcsearch-") as folder:
            file = Path(folder) / "upload"
            file.write_bytes(picture)
            pixels = self._decoded(str(file), model)
        vector = towers.embed(model.record, pixels)
        upload = f"upload-{secrets.token_hex(16)}"
        with self._lock:
            self._vectors[upload] = model.fingerprint, vector
            while len(self._vectors) > AT_MOST:
                self._vectors.popitem(last=False)
        return upload

    def get(self, upload: str, model: ModelInUse) -> Vector:
        """Return the vector of an upload. Raises Refusal if it is not kept any more."""
        with self._lock:
            fingerprint, vector = self._vectors.get(upload, ("", None))
        if vector is None or fingerprint != model.fingerprint:
            raise Refusal("not_found", "This uploaded picture is no longer kept. Upload it again.")
        return vector

    def close(self) -> None:
        """End the worker process."""
        if self._pool is not None:
            self._pool.close()

    def _decoded(self, path: str, model: ModelInUse) -> npt.NDArray[np.uint8]:
        with self._decoding:
            if self._pool is None:
                self._pool = DecodePool(1, model.entry.preprocessing.framing, self._outcomes.put, _LIMIT_S)
            self._pool.submit(ScannedFile(path, 0, 0), decode=True, framing=model.entry.preprocessing.framing)
            try:
                outcome = self._outcomes.get(timeout=2 * _LIMIT_S)
            except Empty:
                self._pool.close()
                self._pool = None
                raise Refusal("overload", "The picture took too long to decode.") from None
        if isinstance(outcome, OSError):
            self._pool = None
            raise Refusal("overload", "The server cannot start a decode worker. Try again.")
        if isinstance(outcome, Undecodable):
            raise Refusal("unreadable", f"The picture cannot be read: {outcome.reason}.", status=400)
        assert isinstance(outcome, Decoded)
        return outcome.pixels
