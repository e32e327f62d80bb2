"""Where a model's weights are: find them, download them, tell one checkpoint from another."""

import json
from pathlib import Path

from blake3 import blake3

from mcsearch.demo import MODEL_FOLDER
from mcsearch.errors import ModelError
from mcsearch.models.catalog import Model

HUB_FILE = "open_clip_model.safetensors"


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
        return MODEL_FOLDER / HUB_FILE
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
    preprocessing = [model.image_size, model.mean, model.std, model.interpolation]
    digest.update(json.dumps(preprocessing).encode())
    return digest.hexdigest(length=16)


def _on_disk(model: Model) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model.repository, HUB_FILE)
    return Path(found) if isinstance(found, str) else None


def _download(model: Model) -> Path:
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(huggingface_hub.hf_hub_download(model.repository, HUB_FILE))
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise ModelError(
            f"The weights of {model.name} are not on this disk and could not be downloaded from "
            f"{model.repository} ({type(error).__name__}). Connect to the network and try again, name a checkpoint "
            "you have with --weights FILE, or try the small built-in model with --model demo."
        ) from error
