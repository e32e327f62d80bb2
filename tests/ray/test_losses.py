"""What happens to the nodes of a cluster costs a run time, and nothing else."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mcsearch import Library
from mcsearch.errors import ModelError, UsageError
from mcsearch.settings import cache_folder
from tests.conftest import command
from tests.ray.conftest import Nodes
from tests.support.tables import contents

# `make test-ray` kills nodes at ten moments; with KILLS=2 it takes less long.
KILLS = int(os.environ.get("KILLS", "10"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many photos that a run takes a few seconds."""
    from mcsearch.demo.painter import paint_folder

    folder = tmp_path_factory.mktemp("many") / "photos"
    paint_folder(folder, 50, seed=3)
    for number in range(1, 16):
        for file in sorted(folder.glob("*/*.jpg")):
            if "copy" not in file.name:
                other = file.with_name(f"copy{number}-{file.name}")
                other.write_bytes(file.read_bytes() + bytes([number]))  # another content with the same picture
    return folder


@pytest.fixture(scope="module")
def expected(many: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run on one machine stores of them."""
    file = tmp_path_factory.mktemp("expected") / "library.db"
    with Library(file) as library:
        library.index([many], model="demo")
    return contents(file)


def test_nodes_die_at_random_moments_and_others_join(
    nodes: Nodes, many: Path, expected: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes.add("first")
    chance = random.Random(17)
    kills = number = runs = 0
    while kills < KILLS:
        over, file = threading.Event(), tmp_path / f"library{(runs := runs + 1)}.db"
        warnings: list[str] = []

        def index(file: Path = file, over: threading.Event = over, warnings: list[str] = warnings) -> None:
            try:
                with Library(file) as library:
                    warnings += library.index([many], model="demo", ray=nodes.address).warnings
            finally:
                over.set()

        thread = threading.Thread(target=index)
        thread.start()
        while not over.wait(chance.uniform(1, 4)):
            nodes.add(f"node {(number := number + 1)}")
            if len(nodes.alive) > 2:  # two have joined before one dies
                nodes.kill(chance.choice(nodes.alive[:-1]))
                kills += 1
        thread.join()
        assert contents(file) == expected
    assert runs <= KILLS
    assert capsys.readouterr().out == ""  # where results go, Ray says nothing


def test_a_node_without_the_folder_leaves_its_work_to_others(
    nodes: Nodes, many: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    nodes.add("sighted")
    nodes.add_apart("blind", f"-t tmpfs none {many}")
    with Library(tmp_path / "library.db") as library:
        report = library.index([many], model="demo", ray=nodes.address)
    assert report.failed == 0
    # Of nodes that earlier tests killed a moment ago, Ray may still think that they live.
    assert f"Node blind does not see {many}; its share of the work goes elsewhere." in report.warnings
    assert contents(tmp_path / "library.db") == expected


def test_a_folder_that_no_node_sees(nodes: Nodes, many: Path, tmp_path: Path) -> None:
    nodes.add_apart("blind", f"-t tmpfs none {many}")
    with Library(tmp_path / "library.db") as library:
        with pytest.raises(UsageError, match=f"No node of the cluster sees {many}"):
            library.index([many], model="demo", ray=nodes.address)
        assert library.failures() == []


def test_a_file_that_no_node_sees_does_not_stop_the_others(nodes: Nodes, photos: Path, tmp_path: Path) -> None:
    hidden = sorted(photos.glob("*/*.jpg"))[0]
    nodes.add_apart("short-sighted", f"--bind /dev/null {hidden}")
    with Library(tmp_path / "library.db") as library:
        report = library.index([photos], model="demo", ray=nodes.address)
        assert (report.embedded, report.failed) == (35, 1)
        (warning,) = report.warnings
        assert warning.startswith(f"Node short-sighted does not see all files of {photos}")
        (failure,) = library.failures()
        assert (failure.path, failure.reason) == (str(hidden), "no node of the cluster sees it")
        nodes.add("sighted")
        report = library.index([photos], model="demo", ray=nodes.address)  # it is tried again
        assert (report.embedded, report.failed) == (1, 0)


def test_a_node_that_cannot_keep_anything_in_its_cache_works_all_the_same(
    nodes: Nodes, photos: Path, tmp_path: Path
) -> None:
    nodes.add_apart("full", f"-t tmpfs -o ro none {cache_folder()}")
    with Library(tmp_path / "library.db") as library:
        report = library.index([photos], model="demo", ray=nodes.address)
    assert (report.embedded, report.warnings) == (36, ())


def test_other_weights_on_a_node_are_an_error(nodes: Nodes, photos: Path, tmp_path: Path) -> None:
    from mcsearch.models.builtin import MODEL_FOLDER

    weights = tmp_path / "weights.safetensors"
    shutil.copy(next(MODEL_FOLDER.glob("*.safetensors")), weights)
    other = tmp_path / "other.safetensors"
    other.write_bytes(weights.read_bytes() + b" ")
    nodes.add_apart("other", f"--bind {other} {weights}")
    with (
        Library(tmp_path / "library.db") as library,
        pytest.raises(ModelError, match=r"On node other: .* is not the checkpoint of demo"),
    ):
        library.index([photos], model="demo", weights=weights, ray=nodes.address)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on_and_leaves_no_actor(
    nodes: Nodes, many: Path, expected: dict[str, Any], tmp_path: Path, how: signal.Signals
) -> None:
    nodes.add("one")
    file = tmp_path / "library.db"
    arguments = [command(), "index", str(many), "--model", "demo", "--ray", nodes.address, "--library", str(file)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        while _embedded(file) < 20:
            assert running.poll() is None
            time.sleep(0.1)
        os.killpg(running.pid, how)
        assert running.stderr is not None
        said = running.stderr.read()
    assert running.returncode == (130 if how is signal.SIGINT else -how)
    if how is signal.SIGINT:
        assert "files are done and stay in the library. Run the same command again to continue." in said
        assert "Traceback" not in said
    _wait_for_no_actor()
    before = _embedded(file)
    with Library(file) as library:
        report = library.index([many], model="demo", ray=nodes.address)
    assert report.embedded == 800 - before
    assert contents(file) == expected


def _embedded(file: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM embeddings").fetchone()[0])
    except sqlite3.Error:
        return 0


def _wait_for_no_actor() -> None:
    """Wait until no process indexes for a cluster any more, nor decodes for one that did."""
    deadline = time.monotonic() + 30
    while found := _processes("ray::IndexingNode"):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def _processes(what: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if what in line:
            found.append(line)
    return found
