"""Models beyond the catalog: any that open_clip knows, and any repository or folder in open_clip's form."""

import json
from pathlib import Path
from typing import Any

from mcsearch.errors import ModelError, UsageError
from mcsearch.models import hub
from mcsearch.models.catalog import Model, Preprocessing
from mcsearch.models.reference.open_clip_import import import_open_clip
from mcsearch.records.embeddings import Framing

HUB_PREFIX = "hf-hub:"
FOLDER_PREFIX = "local-dir:"
CONFIGURATION, _WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"


def row_of(name: str) -> Model:
    """Describe the model "ARCHITECTURE:TAG" of open_clip, "hf-hub:ORG/REPO" or "local-dir:FOLDER", as the catalog does.

    The preprocessing comes from open_clip's table of checkpoints or from the repository's configuration. Imports
    open_clip. Raises UsageError for a malformed or unknown name, ModelError when a repository cannot be had.
    """
    if name.startswith(FOLDER_PREFIX):
        return _from_folder(name)
    return _from_hub(name) if name.startswith(HUB_PREFIX) else _from_open_clip(name)


def _from_open_clip(name: str) -> Model:
    open_clip = import_open_clip()
    architecture, _, tag = name.partition(":")
    configuration = open_clip.get_model_config(architecture)
    if configuration is None:
        raise UsageError(f"open_clip knows no architecture named {architecture!r}.")
    checkpoint = open_clip.get_pretrained_cfg(architecture, tag)
    if not checkpoint:
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(architecture)) or "none"
        raise UsageError(f"open_clip knows no checkpoint {tag!r} of {architecture}. Its tags: {tags}.")
    repository, _, file = checkpoint.get("hf_hub", "").rpartition("/")
    if not repository:
        raise UsageError(f"{name} is not on the hub.", hint="Download it elsewhere and name it with --weights FILE.")
    return _row(name, architecture, repository, configuration, checkpoint, file)


def _from_hub(name: str) -> Model:
    repository = name.removeprefix(HUB_PREFIX)
    if repository.count("/") != 1:
        raise UsageError(f"{name!r} does not name a repository. Name one as: hf-hub:ORG/REPO")
    file = hub.fetch(repository, CONFIGURATION, f"The files of {repository}")
    return _configured(name, repository, file, "")


def _from_folder(name: str) -> Model:
    folder = Path(name.removeprefix(FOLDER_PREFIX)).expanduser().absolute()
    if not (file := folder / CONFIGURATION).is_file():
        raise UsageError(f"{folder} is not the folder of a model: it has no {CONFIGURATION}.")
    return _configured(name, "", file, str(folder / _WEIGHTS))


def _configured(name: str, repository: str, file: Path, weights: str) -> Model:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        configuration, preprocessing = content["model_cfg"], content.get("preprocess_cfg", {})
    except (ValueError, LookupError, TypeError) as error:
        raise ModelError(f"{name} is not a model in open_clip's form: {file} is malformed.") from error
    return _row(name, f"{FOLDER_PREFIX}{file.parent}", repository, configuration, preprocessing, weights)


def _row(
    name: str, architecture: str, repository: str, configuration: dict[str, Any], checkpoint: dict[str, Any], file: str
) -> Model:
    import_open_clip()
    from open_clip.transform import PreprocessCfg

    default = PreprocessCfg()
    size = configuration["vision_cfg"].get("image_size", 224)
    if not isinstance(size, int):
        raise UsageError(f"{name} needs pictures that are not square, which mcsearch does not support.")
    framing = Framing(
        size,
        checkpoint.get("interpolation") or default.interpolation,
        checkpoint.get("resize_mode") or default.resize_mode,
    )
    mean, std = checkpoint.get("mean") or default.mean, checkpoint.get("std") or default.std
    preprocessing = Preprocessing(framing, tuple(mean), tuple(std))
    return Model(
        name, architecture, repository, configuration["embed_dim"], preprocessing, "see its page",
        file=file or _WEIGHTS,
    )  # fmt: skip
