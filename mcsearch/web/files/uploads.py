"""Pictures to search by that were sent to the server: decoded in a worker process, kept as vectors only."""

import secrets
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.ops.browsing.decoder import PictureDecoder
from mcsearch.ops.model import ModelInUse
from mcsearch.web.answers import Refusal
from mcsearch.web.towers import Towers

Vector = npt.NDArray[np.float32]

AT_MOST = 256


class Uploads:
    """The vectors of uploaded pictures by id. Threads may share it."""

    def __init__(self) -> None:
        self._lock, self._decoder = threading.Lock(), PictureDecoder()
        self._vectors: OrderedDict[str, tuple[str, Vector]] = OrderedDict()

    def add(self, picture: bytes, model: ModelInUse, towers: Towers) -> str:
        """Return the id of a picture after embedding it. Raises Refusal for one that cannot be decoded, ModelError."""
        with tempfile.TemporaryDirectory(prefix="mcsearch-") as folder:
            file = Path(folder) / "upload"
            file.write_bytes(picture)
            try:
                pixels = self._decoder.decode(str(file), model.entry.preprocessing.framing)
            except UsageError as error:
                raise Refusal("unreadable", str(error), status=400) from None
        vector = towers.embed(model, pixels)
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
        self._decoder.close()
