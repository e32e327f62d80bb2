"""Where a model's weights are: find them, download them, tell one checkpoint from another."""

import contextlib
import json
import logging
from pathlib import Path

from blake3 import blake3

from mcsearch.errors import ModelError
from mcsearch.models import hub
from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.catalog import MODELS, RESEARCH_ONLY, Model
from mcsearch.records.progress import Progress, no_progress

# The file in repositories older than safetensors. Those of the catalog all have the file that their row names.
_OLDER_FILE = "open_clip_pytorch_model.bin"
RESEARCH_NOTICE = "The weights of {} are for research use only (licence {})."


def locate(model: Model, weights: Path | None = None, progress: Progress = no_progress) -> Path:
    """Find the checkpoint file of a model: `weights` if given, else on this disk, else download it now.

    The stage of a download, "downloading MODEL (SIZE, LICENCE)", counts bytes. When it begins, a licence for research
    use only is logged, too. Raises ModelError.
    """
    if weights is not None:
        if not weights.is_file():
            raise ModelError(f"There is no weights file {weights} for {model.name}.")
        return weights
    if (found := on_disk(model)) is not None:
        return found
    return _download(model, progress)


def on_disk(model: Model) -> Path | None:
    """Find the checkpoint file of a model on this disk, without using the network; None if it is not there."""
    if not model.repository:
        return MODEL_FOLDER / model.file
    found = (hub.on_disk(model.repository, file) for file in _files(model))
    return next((file for file in found if file is not None), None)


def remove(model: Model) -> int:
    """Remove the downloaded weights of a model from this disk, and return the number of bytes freed."""
    return hub.remove(model.repository) if model.repository and on_disk(model) else 0


def _download(model: Model, progress: Progress) -> Path:
    what = f"The weights of {model.name}"
    on_bytes = _stage_of_download(model, progress)
    *files, last = _files(model)
    for file in files:
        with contextlib.suppress(hub.NotOnHubError):
            return hub.fetch(model.repository, file, what, on_bytes)
    return hub.fetch(model.repository, last, what, on_bytes)


def _stage_of_download(model: Model, progress: Progress) -> hub.OnBytes:
    def on_bytes(done: int, total: int) -> None:
        progress(f"downloading {model.name} ({total / 1e6:,.0f} MB, licence {model.licence})", done, total)
        if done == 0 and model.licence == RESEARCH_ONLY:
            logging.getLogger("mcsearch").warning(RESEARCH_NOTICE.format(model.name, model.licence))

    return on_bytes


def _files(model: Model) -> tuple[str, ...]:
    """The names that the weights may have in their repository, preferred first."""
    return (model.file,) if model.name in MODELS else (model.file, _OLDER_FILE)


def fingerprint(model: Model, checkpoint: Path) -> str:
    """Identify a checkpoint together with its preprocessing by 32 hexadecimal digits.

    Embeddings may be compared only when their fingerprints are equal. Raises ModelError for a file that cannot be read.
    """
    digest = blake3(max_threads=blake3.AUTO)
    try:
        digest.update_mmap(checkpoint)
    except OSError as error:
        raise ModelError(f"The weights {checkpoint} cannot be read: {error.strerror}.") from error
    wanted, framing = model.preprocessing, model.preprocessing.framing
    # This text is part of the library format: another order or spelling would disown every embedding there is.
    said = [framing.size, wanted.mean, wanted.std, framing.interpolation, framing.resize_mode]
    digest.update(json.dumps(said).encode())
    return digest.hexdigest(length=16)
