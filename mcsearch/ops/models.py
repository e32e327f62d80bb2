"""The models there are: on this disk, in a library, and which one answers."""

from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.library.library import Library
from mcsearch.models import checkpoints
from mcsearch.models.catalog import MODELS
from mcsearch.models.converted.tower_cache import remove_towers, towers_folder
from mcsearch.models.lookup import find_model
from mcsearch.records import ModelRow
from mcsearch.reports import ListedModel


def list_models(library: Library | None) -> list[ListedModel]:
    """Every model of the catalog, and what the library, if there is one, has of it."""
    used = {model.name: model for model in library.status().models} if library is not None else {}
    listed = []
    for model in MODELS.values():
        file, published, here = checkpoints.on_disk(model), model.published, used.get(model.name)
        parameters = published.image_parameters_m + published.text_parameters_m if published else None
        listed.append(
            ListedModel(
                name=model.name,
                year=published.year if published else None,
                image_parameters_m=published.image_parameters_m if published else None,
                text_parameters_m=published.text_parameters_m if published else None,
                published_imagenet_top1=published.imagenet_top1 if published else None,
                published_flickr30k_recall1=published.flickr30k_recall1 if published else None,
                published_coco_recall1=published.coco_recall1 if published else None,
                licence=model.licence,
                download_bytes=round(parameters * 4e6) if parameters else None,
                on_disk_bytes=file.stat().st_size if file else None,
                photos=here.photos if here else 0,
                default=here is not None and here.default,
            )
        )
    return listed


def download_model(name: str) -> Path:
    """The checkpoint file of a model, downloaded now unless it is on this disk. Raises ModelError."""
    return checkpoints.locate(find_model(name))


def remove_model(name: str, cache: Path | None = None) -> int:
    """Remove the downloaded weights of a model, and what the cache has made of them; how many bytes that freed.

    Raises UsageError when they are not there or came with mcsearch.
    """
    model = find_model(name)
    file = checkpoints.on_disk(model) if model.repository else None
    if file is None:
        raise UsageError(f"No downloaded weights of {name} are on this disk.")
    folder = towers_folder(cache, checkpoints.fingerprint(model, file))
    return checkpoints.remove(model) + (remove_towers(folder) if folder is not None else 0)


def use_model(library: Library, name: str) -> None:
    """Let a model answer when none is named. Raises UsageError when it has not embedded every photo."""
    model = _known(library, name)
    if left := library.vectors.lacking(model.id):
        raise UsageError(
            f"{left:,} photos have no embedding of {name} yet. Finish it with: mcsearch index FOLDER... --model {name}"
        )
    with library.transaction():
        library.vectors.set_default(model.id)


def forget_model(library: Library, name: str) -> bool:
    """Drop a model's embeddings, prompts and tags from the library; whether a model is left.

    Raises UsageError when it has none of this model. The next `index` without a name goes on with it when it was the
    only one.
    """
    model = _known(library, name)
    with library.transaction():
        library.vectors.forget(model.id)
    return library.vectors.model() is not None


def _known(library: Library, name: str) -> ModelRow:
    model = library.vectors.model(name)
    if model is None:
        there = ", ".join(library.vectors.model_names()) or "none yet"
        raise UsageError(f"This library has no embeddings of {name}. The models it has: {there}.")
    return model
