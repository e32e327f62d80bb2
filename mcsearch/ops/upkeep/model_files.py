"""What `doctor` says about the files of models: weights, converted towers and packed vectors."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mcsearch.errors import McsearchError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.models.converted import tower_cache
from mcsearch.models.lookup import find_model_on_disk
from mcsearch.ops.finding.packed import copies
from mcsearch.ops.upkeep.contents import REPAIR
from mcsearch.paths import shown
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.status import Finding


def examine_models(library: LibraryFile, *, repair: bool) -> Iterator[Finding]:
    """Yield findings on the files of each model of the library. Copies that are damaged are removed with `repair`."""
    for name in library.models.names():
        model = library.models.find(name)
        assert model is not None
        try:
            yield _weights(model)
        except McsearchError as error:
            yield Finding("weights", "wrong", f"{name}: {error}", error.hint or None)
        yield from _towers(library, model, repair=repair)
        yield from _packed(library, model, repair=repair)


def _weights(model: IndexedModel) -> Finding:
    entry = find_model_on_disk(model.name)
    file = Path(model.weights) if model.weights else checkpoints.on_disk(entry) if entry is not None else None
    if entry is None or file is None:
        return Finding(
            "weights", "note", f"Those of {model.name} are not on this disk. They are downloaded when they are needed.",
            f"To download them now: mcsearch models download {model.name}",
        )  # fmt: skip
    if not file.is_file():
        return Finding(
            "weights", "wrong", f"There is no file {shown(str(file))}, which {model.name} was indexed with.",
            f"Put it back, or name it: mcsearch index --model {model.name} --weights FILE",
        )  # fmt: skip
    if checkpoints.fingerprint(entry, file) == model.fingerprint:
        return Finding("weights", "good", f"{shown(str(file))} is the file that {model.name} was indexed with.")
    sentence = f"{shown(str(file))} is not the file that {model.name} was indexed with, or it is damaged."
    if model.weights or not entry.repository:
        return Finding("weights", "wrong", sentence, "Put the right file back")
    return Finding(
        "weights", "wrong", sentence,
        f"Download it again: mcsearch models remove {model.name}; mcsearch models download {model.name}",
    )  # fmt: skip


def _towers(library: LibraryFile, model: IndexedModel, *, repair: bool) -> Iterator[Finding]:
    folder = tower_cache.towers_folder(library.cache, model.name, model.fingerprint)
    if folder is None or not folder.is_dir():
        return
    damaged = tower_cache.damaged(folder)
    if not damaged:
        yield Finding("converted towers", "good", f"Those of {model.name} are whole.")
        return
    sentence = f"{', '.join(shown(place.name) for place in damaged)} of {model.name} is damaged."
    if not repair:
        yield Finding("converted towers", "wrong", sentence, REPAIR)
        return
    for place in damaged:
        shutil.rmtree(place, ignore_errors=True)
    yield Finding("converted towers", "mended", f"{sentence} It was removed, and is made anew when it is needed.")


def _packed(library: LibraryFile, model: IndexedModel, *, repair: bool) -> Iterator[Finding]:
    agrees = copies.packed_agrees(library, model)
    if agrees is None:
        return
    if agrees:
        yield Finding("packed vectors", "good", f"Those of {model.name} are those of the library.")
    elif not repair:
        yield Finding("packed vectors", "wrong", f"Those of {model.name} are not those of the library.", REPAIR)
    else:
        copies.pack_anew(library, model)
        yield Finding("packed vectors", "mended", f"Those of {model.name} were damaged. They were packed anew.")
