"""The model in use: found, checked and loaded once, and no more of it than is needed."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mcsearch import Library, load_model
from mcsearch.errors import ModelError, NothingIndexedError, UsageError
from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.catalog import MODELS
from mcsearch.models.checkpoints import fingerprint
from mcsearch.models.converted.tower_cache import towers_folder
from mcsearch.openvino_import import has_openvino
from mcsearch.ops.model import ModelInUse, model_to_ask
from mcsearch.ops.models import forget_model
from tests.conftest import Mcsearch
from tests.support.runs import inside, run

DEMO_WEIGHTS = MODEL_FOLDER / "open_clip_model.safetensors"
WITHOUT_OPENVINO = pytest.mark.skipif(not has_openvino(), reason="towers are not converted without OpenVINO")


def test_the_fingerprint_of_a_model_never_changes() -> None:
    # Libraries that people have made name it: see docs/library-format.md.
    assert fingerprint(MODELS["demo"], DEMO_WEIGHTS) == "1f4ecb9402463f6a0adbb8f8b6371bd0"


def test_towers_are_loaded_once_for_an_open_library(library: Library, few: Path) -> None:
    run(library, few)
    library.find("a kite over a lake")
    model = library.models.to_ask()
    tower = vars(model)["text_tower"]
    library.find("a kite over a hill", model="demo")
    assert library.models.to_ask() is model
    assert model.text_tower is tower


def test_without_the_model_that_embedded_them_photos_are_still_indexed(library: Library, few: Path) -> None:
    run(library, few)
    forget_model(inside(library), "demo")
    with pytest.raises(NothingIndexedError, match="No model has embedded the photos"):
        library.find("a kite")


@WITHOUT_OPENVINO
def test_preparing_and_loading_are_stages(tmp_path: Path) -> None:
    stages: list[tuple[str, int, int | None]] = []
    for _ in range(2):
        model = ModelInUse("demo", cache=tmp_path, progress=lambda *stage: stages.append(stage))
        model.encode_prompts(["a dog"])
        model.encode_prompts(["a cat"])
    loading, preparing = "loading demo", "preparing demo for this processor (once)"
    first = [(loading, 0, 1), (preparing, 0, 1), (preparing, 1, 1), (loading, 1, 1)]
    assert stages == [*first, (loading, 0, 1), (loading, 1, 1)]


def test_the_stages_of_a_run_are_reported_in_the_caller_s_thread(library: Library, few: Path) -> None:
    stages: list[str] = []
    threads = set()

    def progress(stage: str, done: int, total: int | None) -> None:
        stages.append(f"{stage} {done}/{total}")
        threads.add(threading.current_thread())

    report = run(library, few, progress=progress)
    assert {"indexing 0/6", "indexing 6/6", "loading demo 0/1", "loading demo 1/1"} <= set(stages)
    assert threads == {threading.main_thread()}
    assert 0 < report.embedding_s < report.seconds
    assert report.photos_per_second == report.embedded / report.embedding_s


def test_a_query_does_not_wait_for_whoever_writes(library: Library, few: Path) -> None:
    run(library, few)
    other = sqlite3.connect(inside(library).file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    inside(library)._connection.execute("PRAGMA busy_timeout = 3600000")  # it would never end
    assert library.find("a kite over a lake")
    assert other.execute("SELECT COUNT(*) FROM prompts WHERE prompt = 'a kite over a lake'").fetchone() == (0,)
    other.rollback()
    library.find("a kite over a hill")
    assert other.execute("SELECT COUNT(*) FROM prompts WHERE prompt = 'a kite over a hill'").fetchone() == (1,)


@WITHOUT_OPENVINO
def test_a_kept_tower_answers_without_a_look_at_the_model_or_its_checkpoint(library: Library, few: Path) -> None:
    run(library, few)
    library.find("a dog")
    again = model_to_ask(inside(library))
    assert again.encode_prompts(["a prompt that was never asked"])
    assert not {"entry", "checkpoint", "_verified"} & set(vars(again))


@WITHOUT_OPENVINO
def test_embedding_without_a_library_keeps_the_converted_towers(
    mcsearch: Mcsearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCSEARCH_CACHE", str(tmp_path / "cache"))
    folder = towers_folder(tmp_path / "cache", "demo", fingerprint(MODELS["demo"], DEMO_WEIGHTS))
    assert folder is not None
    mcsearch("embed", "--text", "a dog", "--model", "demo")
    assert list(folder.glob("text-*/tower.xml"))


@WITHOUT_OPENVINO
def test_a_kept_tower_is_not_taken_for_another_model_s() -> None:
    load_model("demo").embed_texts(["a dog"])  # the preprocessing is that of mobileclip2-s0
    with pytest.raises(ModelError, match="not those of mobileclip2-s0"):
        load_model("mobileclip2-s0", weights=DEMO_WEIGHTS).embed_texts(["a dog"])


def test_another_checkpoint_than_the_library_s_is_refused(library: Library, few: Path, s0_checkpoint: Path) -> None:
    run(library, few)
    with pytest.raises(ModelError, match="not the checkpoint of demo"):
        ModelInUse("demo", library=inside(library), weights=s0_checkpoint)


def test_an_unknown_name_is_refused_before_anything_is_done() -> None:
    with pytest.raises(UsageError, match="There is no model named 'nope'"):
        ModelInUse("nope")


def test_the_python_api_shows_verbs_and_nothing_else() -> None:
    shown = {name for name in dir(Library) if not name.startswith("_")}
    assert shown == {
        "albums", "backup", "caption", "clear_tags", "close", "compact", "delete_album", "doctor", "dupes",
        "failures", "find", "find_album", "forget", "index", "partial", "places", "read", "remove_captions",
        "remove_sidecars", "save_album", "show", "similar", "stats", "status", "suggest", "tag", "tag_by_hand",
        "tags", "teach", "unteach", "watch", "write_captions", "write_sidecars",
    }  # fmt: skip


def test_no_torch_for_a_library_or_a_model(tmp_path: Path) -> None:
    code = (
        f"from mcsearch import Library; Library({str(tmp_path / 'l.db')!r}); import sys; print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
