"""List, download, remove and forget models, and choose a library's default model."""

from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.models.catalog import MODELS, PURPOSES
from mcsearch.models.converted.tower_cache import remove_towers, towers_folder
from mcsearch.models.lookup import find_model
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.status import ListedModel


def list_models(library: LibraryFile | None) -> list[ListedModel]:
    """Return every model of the catalog, with the number of photos that the library has embedded with it."""
    used = {model.name: model for model in library.status().models} if library is not None else {}
    purposes = {purpose.model: purpose for purpose in PURPOSES}
    listed = []
    for model in MODELS.values():
        file, published, here = checkpoints.on_disk(model), model.published, used.get(model.name)
        purpose = purposes.get(model.name)
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
                languages=model.languages,
                purpose=purpose.purpose if purpose else None,
                relative_work=purpose.work if purpose else None,
            )
        )
    return listed


def download_model(name: str, progress: Progress = no_progress) -> Path:
    """Download the checkpoint file of a model unless it is on this disk, and return it. Raises ModelError."""
    return checkpoints.locate(find_model(name), progress=progress)


def remove_model(name: str, cache: Path | None = None) -> int:
    """Remove the downloaded weights of a model and the towers converted from them; return the number of bytes freed.

    Raises UsageError when there are none, or when they came with mcsearch.
    """
    model = find_model(name)
    file = checkpoints.on_disk(model) if model.repository else None
    if file is None:
        raise UsageError(f"No downloaded weights of {name} are on this disk.")
    folder = towers_folder(cache, model.name, checkpoints.fingerprint(model, file))
    return checkpoints.remove(model) + (remove_towers(folder) if folder is not None else 0)


def use_model(library: LibraryFile, name: str) -> None:
    """Make a model the library's default. Raises UsageError if it has not embedded every photo."""
    model = _known(library, name)
    if left := library.models.count_lacking(model.id):
        raise UsageError(
            f"{'1 photo has' if left == 1 else f'{left:,} photos have'} no embedding of {name} yet.",
            hint=f"Complete it with: mcsearch index --model {name}",
        )
    with library.transaction():
        library.models.set_default(model.id)


def photos_of(library: LibraryFile, name: str) -> int:
    """Return the number of photos that a model has embedded. Raises UsageError when it has embedded none."""
    return library.embeddings.count_photos(_known(library, name))


def forget_model(library: LibraryFile, name: str) -> bool:
    """Drop a model's embeddings, prompts and tags from the library, and return whether another model is left.

    If it was the only one, the next index run uses it again unless another model is named. Raises UsageError when the
    library has no embeddings of it.
    """
    model = _known(library, name)
    with library.transaction():
        library.models.forget(model.id)
    from mcsearch.ops.finding.packed.copies import remove_unused_copies

    remove_unused_copies(library)
    return library.models.find() is not None


def _known(library: LibraryFile, name: str) -> IndexedModel:
    model = library.models.find(name)
    if model is None:
        names = ", ".join(library.models.names()) or "none yet"
        raise UsageError(f"This library has no embeddings of {name}. Its models: {names}.")
    return model
