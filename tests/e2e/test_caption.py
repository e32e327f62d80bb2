"""mcsearch caption, with a CoCa model as small as its architecture allows, in a folder."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from blake3 import blake3

from mcsearch import Library
from mcsearch.models.reference.open_clip_import import import_open_clip
from tests.conftest import Mcsearch
from tests.support.runs import inside
from tests.support.seeded import seed_weights

pytestmark = pytest.mark.slow

_TEXT = {"context_length": 76, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1}
COCA = {
    "embed_dim": 64,
    "vision_cfg": {
        "image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "attentional_pool": True,
        "attn_pooler_heads": 4, "output_tokens": True,
    },
    "text_cfg": {**_TEXT, "embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {**_TEXT, "attn_pooler_heads": 4},
    "custom_text": True,
}  # fmt: skip


@pytest.fixture
def coca(tmp_path: Path) -> str:
    """A folder with a seeded CoCa, as --model takes it."""
    folder = tmp_path / "coca"
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": COCA, "preprocess_cfg": {}}))
    clip = import_open_clip().create_model(f"local-dir:{folder}", load_weights=False)
    seed_weights(clip, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


def test_captions_are_written_once_shown_and_found(
    coca: str, indexed_library: Path, tmp_path: Path, mcsearch: Mcsearch
) -> None:
    shutil.copy(indexed_library, tmp_path / "library.db")
    paths = mcsearch("find", "--in", "/", "--paths", "-n", "5").stdout.splitlines()
    options = [option for path in paths for option in ("--in", path)]
    report = json.loads(mcsearch("caption", "--model", coca, *options[:4], "--json", "--quiet").stdout)
    assert (report["written"], report["failed"], report["changed"], report["model"]) == (2, 0, 0, coca)
    first = json.loads(mcsearch("show", paths[0], "--json").stdout)["described"]
    assert first["model"] == coca
    assert len(first["text"].split()) > 3
    assert "<" not in first["text"]

    assert f"3 captions written by {coca}" in mcsearch("caption", "--model", coca, *options).stderr
    assert "All these photos have a caption" in mcsearch("caption", "--model", coca, *options).stderr
    again = json.loads(mcsearch("caption", "--model", coca, *options, "--force", "--json", "--quiet").stdout)
    assert again["written"] == 5
    assert json.loads(mcsearch("show", paths[0], "--json").stdout)["described"] == first, "the same in another batch"

    assert f"Described  {first['text']} ({coca})" in mcsearch("show", paths[0]).stdout
    word = max(first["text"].split(), key=lambda word: len(word) if word.isalpha() else 0)
    assert paths[0] in mcsearch("find", "--text", word, "--paths", "-n", "1000").stdout.splitlines()


def test_captions_in_sidecars(photos: Path, tmp_path: Path, mcsearch: Mcsearch) -> None:
    some = sorted(photos.rglob("*.jpg"))[:3]
    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-ImageDescription=Anna", some[0]], check=True
    )  # with a caption of the user's
    mcsearch("index", *some, "--model", "demo")
    with Library(tmp_path / "library.db") as library, inside(library).transaction():
        for number, photo in enumerate(some):
            content_id = inside(library).photos.content_id(blake3(photo.read_bytes()).digest())
            assert content_id is not None
            inside(library).captions.put(content_id, f"a dog, number {number}", "coca")
    planned = mcsearch("caption", "--write-xmp", "--dry-run").stdout.splitlines()
    assert planned == [f"{photo}.xmp: a dog, number {number}" for number, photo in enumerate(some) if number]
    with Library(tmp_path / "library.db") as library:
        assert library.write_captions().written == 2
    read = subprocess.run(
        ["exiftool", "-s3", "-XMP-dc:Description", f"{some[1]}.xmp"], check=True, capture_output=True, text=True
    )
    assert read.stdout.strip() == "a dog, number 1"
    assert not Path(f"{some[0]}.xmp").exists()
    mcsearch("index", *some)
    assert json.loads(mcsearch("show", some[1], "--json").stdout)["facts"]["caption"] is None
    assert "2 sidecars deleted" in mcsearch("caption", "--remove-xmp").stderr
    assert not list(photos.rglob("*.xmp"))
    mcsearch("caption", "--remove-xmp", "--write-xmp", exit_code=2)
    mcsearch("caption", "--dry-run", exit_code=2)


def test_models_that_write_no_sentences(indexed_library: Path, tmp_path: Path, mcsearch: Mcsearch) -> None:
    shutil.copy(indexed_library, tmp_path / "library.db")
    for name in ("demo", "nonsense"):
        said = mcsearch("caption", "--model", name, exit_code=2).stderr
        assert f"{name} does not write sentences. Models that do: coca_ViT-B-32:TAG" in said
    said = mcsearch("caption", "--model", f"local-dir:{tmp_path}", exit_code=2).stderr
    assert "is not the folder of a model" in said
