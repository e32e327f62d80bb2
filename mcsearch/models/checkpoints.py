"""Where a model's weights are: find them, download them, tell one checkpoint from another."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from types import ModuleType

from blake3 import blake3

from mcsearch.demo import MODEL_FOLDER
from mcsearch.errors import ModelError
from mcsearch.models.catalog import Model

_WAYS_ON = (
    "Or download the file elsewhere and name it with --weights FILE, or try the small built-in model with --model demo."
)


def locate(model: Model, weights: Path | None = None) -> Path:
    """The checkpoint file of a model: `weights` if given, else on this disk, else downloaded now.

    Downloads go through huggingface_hub, its cache and its environment variables (HF_HOME,
    HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN). Raises ModelError.
    """
    if weights is not None:
        if not weights.is_file():
            raise ModelError(f"The weights of {model.name} are not there: {weights} is not a file.")
        return weights
    if not model.repository:
        return MODEL_FOLDER / model.file
    return _on_disk(model) or _download(model)


def fingerprint(model: Model, checkpoint: Path) -> str:
    """What tells this checkpoint with this preprocessing from every other: 32 hexadecimal digits.

    Embeddings may be compared only when their fingerprints agree.
    """
    digest = blake3(max_threads=blake3.AUTO)
    try:
        digest.update_mmap(checkpoint)
    except OSError as error:
        raise ModelError(f"The weights {checkpoint} cannot be read: {error.strerror}.") from error
    digest.update(json.dumps(dataclasses.astuple(model.preprocessing)).encode())
    return digest.hexdigest(length=16)


def _hub() -> ModuleType:
    """huggingface_hub, kept from telling the hub about this machine unless the user wants that."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    import huggingface_hub.errors

    return huggingface_hub


def _on_disk(model: Model) -> Path | None:
    found = _hub().try_to_load_from_cache(model.repository, model.file)
    return Path(found) if isinstance(found, str) else None


def _download(model: Model) -> Path:
    hub = _hub()
    place = f"{model.file} of {model.repository}"
    try:
        facts = hub.get_hf_file_metadata(hub.hf_hub_url(model.repository, model.file))
        file = Path(hub.hf_hub_download(model.repository, model.file))
    except hub.errors.GatedRepoError as error:
        raise ModelError(
            f"{model.repository} gives its weights only to those who accepted its terms. Accept them on its page and "
            "name your access token in HF_TOKEN."
        ) from error
    except hub.errors.HfHubHTTPError as error:
        raise ModelError(
            f"The hub answered {error.response.status_code} for {place}. Try again later. {_WAYS_ON}"
        ) from error
    except (OSError, hub.errors.HfHubHTTPError.__mro__[1]) as error:  # the latter: its HTTP library's, which varies
        raise ModelError(
            f"The weights of {model.name} are not on this disk, and the hub cannot be reached. "
            f"Connect to the network and try again. {_WAYS_ON}"
        ) from error
    _check(file, facts.etag, place)
    return file


def _check(file: Path, etag: str | None, place: str) -> None:
    """Compare a download with the SHA-256 that the hub gives as the tag of a large file."""
    if etag is None or len(etag) != 64:
        return
    with file.open("rb") as content:
        arrived = hashlib.file_digest(content, "sha256").hexdigest()
    if arrived != etag:
        for copy in {file, file.resolve()}:
            copy.unlink(missing_ok=True)
        raise ModelError(f"{place} was damaged on its way here, and has been removed. Try again.")
