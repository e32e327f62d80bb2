"""Converted towers: the answers of torch, kept in the cache, and made again when anything is wrong with them."""

import json
import locale
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from mcsearch import settings
from mcsearch.errors import ModelError
from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.catalog import MODELS
from mcsearch.models.checkpoints import fingerprint
from mcsearch.models.converted import tower_cache
from mcsearch.models.converted.openvino_towers import OpenVinoImageTower, OpenVinoTextTower, compile_tower
from mcsearch.models.converted.tokenizing import tokenize, without_padding
from mcsearch.models.engines import Engine, choose_engine
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.reference.prompt_module import PromptModule, takes_fewer
from mcsearch.models.reference.torch_towers import load_torch_image_tower, load_torch_text_tower
from mcsearch.models.towers import load_image_tower, load_text_tower
from mcsearch.openvino_import import has_openvino, openvino_version
from mcsearch.photos.pixels.decode import decode
from mcsearch.records.embeddings import Framing
from tests.support.pictures import photographs

pytestmark = pytest.mark.skipif(not has_openvino(), reason="OpenVINO has no wheel for this platform")

DEMO = MODELS["demo"]
CHECKPOINT = MODEL_FOLDER / DEMO.file
PROMPTS = ["a dog on a beach", "", "犬 &amp; \U0001f415", "word " * 200]
FLOAT32 = Engine("torch", "cpu", "float32", 16)


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.uint8]:
    return np.stack([decode(file.read_bytes(), Framing(256)) for file in photographs()])


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both towers of the demo model converted, not to be changed."""
    folder = tmp_path_factory.mktemp("converted") / "towers"
    load_image_tower(DEMO, CHECKPOINT, choose_engine("cpu"), folder)
    return folder


@pytest.fixture
def folder(converted: Path, tmp_path: Path) -> Path:
    """A folder with both towers of the demo model converted, which the test may change."""
    return Path(shutil.copytree(converted, tmp_path / "towers"))


def test_compiling_several_at_once_leaves_the_locale_as_it_was(folder: Path) -> None:
    files = sorted(folder.rglob("tower.xml"))
    before = locale.setlocale(locale.LC_CTYPE)
    with ThreadPoolExecutor(4) as threads:
        compiled = list(threads.map(lambda file: compile_tower(file, "float32", "LATENCY"), files * 40))
    assert len(compiled) == 80
    assert locale.setlocale(locale.LC_CTYPE) == before


@pytest.mark.parametrize("name", ["demo", "mobileclip2-s0"])
def test_they_answer_as_torch_does_in_float32(name: str, s0_checkpoint: Path, pixels: npt.NDArray[np.uint8]) -> None:
    model, checkpoint = MODELS[name], CHECKPOINT if name == "demo" else s0_checkpoint
    # Where commands keep them, so that they are converted once for this test and others.
    folder = tower_cache.towers_folder(settings.cache_folder(), name, fingerprint(model, checkpoint))
    images = load_image_tower(model, checkpoint, choose_engine("cpu"), folder)
    texts = load_text_tower(lambda: (model, checkpoint), folder)
    assert isinstance(images, OpenVinoImageTower)
    assert isinstance(texts, OpenVinoTextTower)
    exact, said = load_torch_image_tower(model, checkpoint, FLOAT32), load_torch_text_tower(model, checkpoint)
    assert (images.embed(pixels) * exact.embed(pixels)).sum(axis=1).min() >= 0.9995
    assert (texts.embed(PROMPTS) * said.embed(PROMPTS)).sum(axis=1).min() >= 0.99995
    for tower in (images, texts):
        assert (tower.dimensions, tower.logit_bias) == (model.dimensions, None)
        assert tower.logit_scale == exact.logit_scale
    assert images.embed(pixels[:0]).shape == (0, model.dimensions)
    assert texts.embed([]).shape == (0, model.dimensions)


def test_what_is_converted_is_not_converted_again_and_needs_no_torch(folder: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("tower.*")}
    code = (
        "import sys, numpy; from pathlib import Path; from mcsearch.models.catalog import MODELS;"
        "from mcsearch.models.engines import choose_engine;"
        "from mcsearch.models.towers import load_image_tower, load_text_tower;"
        f"model, folder = MODELS['demo'], Path({str(folder)!r});"
        "load_image_tower(model, Path('gone'), choose_engine(), folder).embed(numpy.zeros((3, 256, 256, 3), 'uint8'));"
        "load_text_tower(lambda: 1 / 0, folder).embed(['a dog']);"
        "print(sorted({'torch', 'open_clip', 'timm', 'openvino_telemetry.main'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("tower.*")} == before


def test_many_prompts_of_all_lengths_give_the_vectors_of_torch_in_order(converted: Path) -> None:
    prompts = [*PROMPTS, *(f"{'very ' * (number % 40)}large dog {number}" for number in range(100))]
    many = load_text_tower(lambda: (DEMO, CHECKPOINT), converted)
    assert isinstance(many, OpenVinoTextTower)
    assert (many.embed(prompts) * load_torch_text_tower(DEMO, CHECKPOINT).embed(prompts)).sum(axis=1).min() >= 0.9995


def test_only_a_tower_that_sees_no_padding_is_given_less_of_it(converted: Path) -> None:
    kept = tower_cache.read(converted, "text", "float32")
    assert kept is not None
    assert kept.shortens  # the demo model's mask is causal
    clip = load_clip(DEMO, CHECKPOINT)
    clip.text.attn_mask = None
    tokens = tokenize(PROMPTS[:2], 77)
    module = PromptModule(clip).eval()
    assert not takes_fewer(module, torch.from_numpy(tokens), torch.from_numpy(without_padding(tokens)))
    assert without_padding(tokens).shape == (2, 16)


def _cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _overwrite(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 4 : -len(content) // 4] = bytes(len(content) - 2 * (len(content) // 4))
    file.write_bytes(content[: file.stat().st_size])


@pytest.mark.parametrize("name", ["tower.xml", "tower.bin", "tower.json"])
@pytest.mark.parametrize(
    ("kind", "damage"),
    [("image", _overwrite), ("text", _cut_off), ("text", _overwrite), ("text", Path.unlink)],
    ids=["overwritten image", "cut off text", "overwritten text", "missing text"],
)
def test_what_is_damaged_is_made_again(
    folder: Path, kind: tower_cache.Kind, name: str, damage: Callable[[Path], None]
) -> None:
    [file] = folder.glob(f"{kind}-*/{name}")
    for compiled in file.parent.glob("compiled/*"):
        compiled.unlink()
    damage(file)
    if kind == "image":
        pictures = np.full((2, 256, 256, 3), 90, np.uint8)
        tower = load_image_tower(DEMO, CHECKPOINT, choose_engine("cpu"), folder)
        assert isinstance(tower, OpenVinoImageTower)
        exact = load_torch_image_tower(DEMO, CHECKPOINT, FLOAT32).embed(pictures)
        assert (tower.embed(pictures) * exact).sum(axis=1).min() >= 0.9995
    else:
        texts = load_text_tower(lambda: (DEMO, CHECKPOINT), folder)
        assert isinstance(texts, OpenVinoTextTower)
        exact = load_torch_text_tower(DEMO, CHECKPOINT).embed(PROMPTS)
        assert (texts.embed(PROMPTS) * exact).sum(axis=1).min() >= 0.9995


def test_what_another_version_made_is_replaced(folder: Path) -> None:
    [kept] = folder.glob("text-*")
    kept.rename(kept.with_name("text-float32-0-openvino-2020.1"))
    load_text_tower(lambda: (DEMO, CHECKPOINT), folder)
    assert [place.name for place in folder.glob("text-*")] == [kept.name]
    assert kept.name.endswith(openvino_version())


def test_a_tower_that_no_precision_gets_right_runs_in_torch(folder: Path) -> None:
    [facts] = folder.glob("image-*/tower.json")
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"dtype": None}))
    tower = load_image_tower(DEMO, CHECKPOINT, choose_engine("cpu"), folder)
    assert tower.engine.runtime == "torch"


def test_without_a_place_to_keep_them_torch_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for nowhere in (None, tmp_path / "file" / "folder"):
        assert load_image_tower(DEMO, CHECKPOINT, choose_engine("cpu"), nowhere).engine.runtime == "torch"
        assert load_text_tower(lambda: (DEMO, CHECKPOINT), nowhere).embed(["a dog"]).shape == (1, 64)
    assert tower_cache.towers_folder(None, "demo", "0") is None


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path, s0_checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="not those of demo"):
        load_image_tower(DEMO, s0_checkpoint, choose_engine("cpu"), tmp_path / "towers")
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_they_are_removed_with_the_weights(folder: Path) -> None:
    assert tower_cache.remove_towers(folder) > CHECKPOINT.stat().st_size / 2
    assert not folder.exists()
    assert tower_cache.remove_towers(folder) == 0
