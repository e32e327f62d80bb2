"""Models beyond the catalog: a ViT, a ConvNeXt, and a SigLIP 2 from a repository, through index, find and tag."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mcsearch import Library, load_model
from mcsearch.errors import ModelError, UsageError
from mcsearch.models.lookup import find_model
from mcsearch.models.reference.open_clip_import import import_open_clip
from mcsearch.records.embeddings import Framing
from tests.support.hub import serve
from tests.support.runs import inside
from tests.support.seeded import seed_weights, write_checkpoint

WORDS = ["a", "dog", "cat", "photo", "of", "the", "on", "beach", "something", "picture", "image", "scene", "place"]


@pytest.fixture
def few(photos: Path) -> list[Path]:
    """Four of the painted photos."""
    return sorted(photos.rglob("*.jpg"))[:4]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("ViT-B-32-256:datacomp_s34b_b86k", marks=pytest.mark.slow),
        pytest.param("convnext_base:laion400m_s13b_b51k", marks=pytest.mark.weekly),
    ],
)
def test_any_open_clip_model_indexes_finds_and_tags(name: str, few: list[Path], tmp_path: Path) -> None:
    weights = write_checkpoint(name, tmp_path / "weights.safetensors")
    (tmp_path / "labels.txt").write_text("dog = a dog\n")
    with Library(tmp_path / "library.db") as library:
        report = library.index(few, model=name, weights=weights)
        assert (report.embedded, report.failed, report.model) == (4, 0, name)
        assert len(library.find("a dog on a beach")) == 4
        told: list[object] = []
        assert library.tag(tmp_path / "labels.txt", threshold=0.0, on_photo=told.append).tagged == len(told) == 4
        model = inside(library).models.find()
        assert model is not None
        [(_, vectors)] = inside(library).embeddings.blocks(model)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.abs(vectors - vectors[0]).max() > 0.01


def test_the_preprocessing_is_that_of_the_checkpoint() -> None:
    wanted = find_model("ViT-B-32-SigLIP2-256:webli").preprocessing
    assert (wanted.framing, wanted.mean) == (Framing(256, "bicubic", "squash"), (0.5, 0.5, 0.5))
    assert find_model("ViT-B-32-256:datacomp_s34b_b86k").preprocessing.framing.resize_mode == "shortest"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ViT-B-99:laion", "open_clip knows no architecture named 'ViT-B-99'"),
        ("ViT-B-32-256:nonsense", "Its tags: datacomp_s34b_b86k"),
        ("hf-hub:nonsense", "hf-hub:ORG/REPO"),
    ],
)
def test_a_name_that_is_none_is_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        find_model(name)


def test_without_a_network_a_repository_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="hub cannot be reached"):
        find_model("hf-hub:someone/something")


@pytest.fixture(scope="module")
def siglip2(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A repository in open_clip's form: SigLIP 2 of base size with a vocabulary of a few words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    open_clip = import_open_clip()
    configuration = open_clip.get_model_config("ViT-B-32-SigLIP2-256")
    configuration["text_cfg"] |= {"vocab_size": 32, "layers": 2}
    folder = tmp_path_factory.mktemp("siglip2")
    (folder / "open_clip_config.json").write_text(
        json.dumps(
            {
                "model_cfg": configuration,
                "preprocess_cfg": {
                    "mean": [0.5, 0.5, 0.5],
                    "std": [0.5, 0.5, 0.5],
                    "interpolation": "bicubic",
                    "resize_mode": "squash",
                },
            }
        )
    )
    vocabulary = {word: number for number, word in enumerate(["<pad>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "unk_token": "<unk>"})
    )
    clip = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    seed_weights(clip, folder / "open_clip_model.safetensors")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_a_sigmoid_model_from_a_repository(siglip2: dict[str, bytes], few: list[Path], tmp_path: Path) -> None:
    name = "hf-hub:someone/siglip2"
    (tmp_path / "labels.txt").write_text("dog = a dog\n")
    with serve(siglip2) as hub:
        online = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hub")}

        def mcsearch(*arguments: str, **environment: str) -> str:
            done = subprocess.run(
                [sys.executable, "-m", "mcsearch", *arguments, "--library", str(tmp_path / "library.db")],
                env={**os.environ, **online, **environment}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            return done.stdout

        mcsearch("index", *map(str, few), "--model", name)
        assert len(mcsearch("find", "a dog on a beach").splitlines()) == 4
        mcsearch("tag", "--labels", str(tmp_path / "labels.txt"), "--threshold", "0")
        scores = [json.loads(line) for line in mcsearch("score", str(few[0]), "a dog", "a cat", "--json").splitlines()]
    # From here on no network: everything is on this disk.
    vectors = [
        json.loads(line)["vector"] for line in mcsearch("embed", "--text", "a dog", HF_HUB_OFFLINE="1").splitlines()
    ]
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-4)
    for score in scores:  # each text for itself: sigmoid of scale × cosine + bias
        logit = np.exp(np.log(100.0)) * score["score"] - 10
        assert score["probability"] == pytest.approx(1 / (1 + np.exp(-logit)), rel=0.05)


def test_load_model_takes_such_names_too(tmp_path: Path, few: list[Path]) -> None:
    name = "ViT-B-32-256:datacomp_s34b_b86k"
    with pytest.raises(ModelError, match="not those of ViT-B-32-256:datacomp_s34b_b86k"):
        load_model(name, weights=write_checkpoint("demo", tmp_path / "demo.safetensors")).embed_images([few[0]])
