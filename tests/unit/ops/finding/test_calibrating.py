"""The run that indexes computes the margin of relevance, and again when the library has changed enough."""

from pathlib import Path

import numpy as np
import pytest

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.calibrating import WORTHWHILE, calibrate
from mcsearch.ops.model import ModelInUse
from mcsearch.records.embeddings import Margin
from mcsearch.records.photos import ScannedFile
from mcsearch.records.progress import no_progress
from mcsearch.search.relevance import MARGIN


def _add_photos(library: LibraryFile, model_id: int, start: int, count: int) -> None:
    rng = np.random.default_rng(start)
    with library.transaction():
        for number in range(start, start + count):
            vector = rng.standard_normal(64).astype(np.float32)
            content_id = library.photos.add_content(number.to_bytes(4, "big"), 1)
            library.photos.put(ScannedFile(f"/{number}.jpg", 1, 1), content_id)
            library.embeddings.add(content_id, model_id, vector / np.linalg.norm(vector))


@pytest.fixture
def model(tmp_path: Path) -> ModelInUse:
    """The demo model in a library with enough embeddings to calibrate it."""
    library = LibraryFile(tmp_path / "library.db", cache=tmp_path / "cache")
    with library.transaction():
        fingerprint = ModelInUse("demo").fingerprint
        record = library.models.add("demo", fingerprint, 64, 30.0, None, None)
    _add_photos(library, record.id, 0, WORTHWHILE)
    return ModelInUse("demo", library=library)


def _margin(library: LibraryFile, model: ModelInUse, embedded: int) -> Margin | None:
    calibrate(library, model, embedded, no_progress)
    return library.models.margin(model.record.id)


def test_the_margin_is_stored_and_renewed_when_the_library_has_grown_by_a_quarter(model: ModelInUse) -> None:
    library = model._library
    assert library is not None
    first = _margin(library, model, WORTHWHILE)
    assert first is not None
    assert (first.photos, first.logits >= MARGIN) == (WORTHWHILE, True)
    _add_photos(library, model.record.id, 1000, WORTHWHILE // 5)
    assert _margin(library, model, 1) == first
    # The prompts are in the cache, so that even a run of one photo may renew the margin without the text tower.
    _add_photos(library, model.record.id, 2000, WORTHWHILE // 5)
    model.__dict__["text_tower"] = None
    renewed = _margin(library, model, 1)
    assert renewed is not None
    assert renewed.photos == WORTHWHILE + 2 * (WORTHWHILE // 5)
    library.close()


def test_a_run_of_a_few_photos_encodes_no_prompts(model: ModelInUse, tmp_path: Path) -> None:
    library = model._library
    assert library is not None
    assert _margin(library, model, WORTHWHILE - 1) is None
    assert "text_tower" not in model.__dict__
    assert not (tmp_path / "cache" / "prompts").exists()
    library.close()
    with LibraryFile(tmp_path / "small.db", cache=tmp_path / "cache") as small:
        with small.transaction():
            small.models.add("demo", model.fingerprint, 64, 30.0, None, None)
        assert _margin(small, ModelInUse("demo", library=small), WORTHWHILE) is None


def test_a_damaged_cache_is_made_again(model: ModelInUse, tmp_path: Path) -> None:
    library = model._library
    assert library is not None
    first = _margin(library, model, WORTHWHILE)
    assert first is not None
    (kept,) = (tmp_path / "cache" / "prompts").iterdir()
    whole = kept.read_bytes()
    for damage in (b"", whole[:1000], b"\x93NUMPY nonsense"):
        kept.write_bytes(damage)
        with library.transaction():
            library.models.set_margin(model.record.id, Margin(9.0, 1, "an earlier list"))
        assert _margin(library, model, WORTHWHILE) == first
        assert kept.read_bytes() == whole
    library.close()
