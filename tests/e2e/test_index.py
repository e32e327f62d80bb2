"""mcsearch index as a user runs it: the installed command, killed, stopped, twice at once, given nonsense."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mcsearch, command
from tests.support.pictures import photographs


def _summary(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def _embedded(file: Path) -> int:
    """How many embeddings are committed, as another process sees it."""
    if not file.exists():
        return 0
    connection = sqlite3.connect(file, timeout=30)
    try:
        count: int = connection.execute("SELECT COUNT(*) FROM embeddings").fetchone()[0]
        return count
    except sqlite3.OperationalError:  # the tables are being made
        return 0
    finally:
        connection.close()


def _start(library: Path, *arguments: str | Path, **options: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [command(), "index", *map(str, arguments), "--model", "demo", "--library", str(library)],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # type: ignore[call-overload,no-any-return]  # fmt: skip


def _many(photos: Path, count: int) -> Path:
    """As many different files as asked for, made of the photos that are there."""
    originals = [file.read_bytes() for file in sorted(photos.rglob("*.jpg"))]
    many = photos.parent / "many"
    many.mkdir()
    for number in range(count):  # bytes after the end of a JPEG make it another content and the same picture
        (many / f"{number:05}.jpg").write_bytes(originals[number % len(originals)] + number.to_bytes(4))
    return many


def _wait_for_embeddings(library: Path, process: "subprocess.Popen[str]", count: int) -> None:
    deadline = time.monotonic() + 120
    while _embedded(library) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_index_says_what_it_did(installed: Mcsearch, photos: Path) -> None:
    done = installed("index", photos, "--model", "demo")
    assert done.stdout == ""
    assert "36 new in" in done.stderr
    assert "photos/s" in done.stderr
    assert "%" not in done.stderr, "no progress bar where there is no terminal"
    again = installed("index", photos, "--json", "--quiet")
    assert again.stderr == ""
    assert _summary(again)["unchanged"] == 36


def test_real_photographs(installed: Mcsearch, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    for file in photographs():
        shutil.copy(file, folder)
    summary = _summary(installed("index", folder, "--model", "demo", "--json"))
    assert (summary["new"], summary["failed"]) == (len(photographs()), 0)
    assert len(installed("find", "a cat", "-n", "100", "--paths").stdout.splitlines()) == len(photographs())


def test_an_unchanged_library_costs_no_torch_nor_does_one_that_lacks_only_facts(
    mcsearch: Mcsearch, photos: Path, tmp_path: Path
) -> None:
    mcsearch("index", photos, "--model", "demo")
    for statement in ("SELECT 1", "DELETE FROM facts"):
        with contextlib.closing(sqlite3.connect(tmp_path / "library.db", isolation_level=None)) as connection:
            connection.execute(statement)
        imports = mcsearch("index", photos, env={"PYTHONPROFILEIMPORTTIME": "1"}).stderr
        assert "mcsearch.ops.index" in imports
        assert "| torch\n" not in imports.replace("  ", "")
        with contextlib.closing(sqlite3.connect(tmp_path / "library.db")) as connection:
            assert connection.execute("SELECT COUNT(*) FROM facts").fetchone() == (36,)


def test_embedding_with_a_converted_tower_costs_no_torch(mcsearch: Mcsearch, photos: Path) -> None:
    mcsearch("index", photos, "--model", "demo")
    done = mcsearch("index", photos, "--force", "--json", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert _summary(done)["embedded"] == 36
    modules = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "openvino" in modules
    assert not modules & {"torch", "open_clip", "timm", "PIL", "openvino_telemetry"}


def test_without_openvino_torch_does(photos: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['openvino'] = None; from mcsearch import Library;"
        f"library = Library({str(tmp_path / 'torch.db')!r}); report = library.index([{str(photos)!r}], model='demo');"
        "print(report.embedded, report.profile.engine, len(library.find('a dog on a beach', limit=3)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "36 torch 3\n"


def test_the_profile_says_where_the_time_went(mcsearch: Mcsearch, photos: Path) -> None:
    done = mcsearch("index", photos, "--model", "demo", "--workers", "1", "--profile", "--json")
    profile = _summary(done)["profile"]
    assert profile["workers"] == 1
    spent = [profile[name] for name in ("load_s", "read_s", "decode_s", "engine_s", "store_s")]
    assert min(spent) > 0
    assert profile["decode_s"] < _summary(done)["seconds"]
    for word in (
        "Read and hash",
        "Decode",
        "Wait for photos",
        "Engine",
        "Store",
        profile["engine"],
        "1 decode workers",
    ):
        assert word in done.stderr
    again = mcsearch("index", photos, "--profile", "--json")
    assert _summary(again)["profile"] is None
    assert "nothing to profile" in again.stderr


def test_killed_half_way_and_finished(mcsearch: Mcsearch, photos: Path, tmp_path: Path) -> None:
    many, library = _many(photos, 400), tmp_path / "library.db"
    process = _start(library, many, "--batch-size", "8")
    _wait_for_embeddings(library, process, 40)
    process.kill()
    process.communicate()
    kept = _embedded(library)
    assert 40 <= kept < 400
    assert sqlite3.connect(library).execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    summary = _summary(mcsearch("index", many, "--json"))
    assert (summary["embedded"], summary["new"], summary["unchanged"]) == (400 - kept, 400 - kept, kept)
    assert _embedded(library) == 400


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process of its own console here")
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(mcsearch: Mcsearch, photos: Path, tmp_path: Path) -> None:
    many, library = _many(photos, 400), tmp_path / "library.db"
    process = _start(library, many, "--batch-size", "8", start_new_session=True)
    _wait_for_embeddings(library, process, 24)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    kept = _embedded(library)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == (
        f"mcsearch: Stopped. {kept} of 400 files are done and stay in the library. "
        "Run the same command again to continue.\n"
    )
    assert _summary(mcsearch("index", many, "--json"))["embedded"] == 400 - kept


def test_two_runs_at_once_on_one_library(mcsearch: Mcsearch, photos: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(photos, tmp_path / "other"))
    library = tmp_path / "library.db"
    runs = [_start(library, photos), _start(library, other), _start(library, photos)]
    for run in runs:
        _, stderr = run.communicate(timeout=300)
        assert run.returncode == 0, stderr
    status = json.loads(mcsearch("status", "--json").stdout)
    assert (status["photos"], status["failures"]) == (72, 0)
    assert status["models"][0]["photos"] == 72
    assert _embedded(library) == 36


def test_failures_are_listed_and_the_run_goes_on(mcsearch: Mcsearch, photos: Path) -> None:
    (photos / "bad\nname.jpg").write_bytes(b"\xff\xd8\xff no more")
    cut = sorted(photos.glob("*/*.jpg"))[0]
    copy = shutil.copy(cut, photos / "whole.jpg")
    os.truncate(cut, int(cut.stat().st_size * 0.6))
    shutil.copy(cut, photos / "twin.jpg")
    done = mcsearch("index", photos, "--model", "demo")
    assert "38 new" in done.stderr
    assert "1 failed" in done.stderr
    assert "mcsearch failures" in done.stderr
    assert "bad\\nname.jpg: " in mcsearch("failures").stdout
    assert "2 photos are damaged" in done.stderr
    damaged = _failures(mcsearch)
    [unreadable] = [damaged.pop(number) for number, failure in enumerate(damaged) if not failure["damaged"]]
    assert unreadable["path"] == str(photos / "bad\nname.jpg")
    assert unreadable["reason"]
    assert [failure["path"] for failure in damaged] == sorted(map(str, (cut, photos / "twin.jpg")))
    assert all(failure["damaged"] and "can be decoded" in failure["reason"] for failure in damaged)
    assert f"{cut}: indexed, but damaged: " in mcsearch("failures").stdout
    assert "Damaged    only " in mcsearch("show", cut).stdout
    assert set(mcsearch("find", "--damaged", "--paths").stdout.splitlines()) == {str(cut), str(photos / "twin.jpg")}
    others = mcsearch("find", "--no-damaged", "--paths", "-n", "1000").stdout
    assert others == mcsearch("find", "--not-damaged", "--paths", "-n", "1000").stdout
    assert len(others.splitlines()) == 36
    mcsearch("index", "--force")
    assert sum(failure["damaged"] for failure in _failures(mcsearch)) == 2
    os.replace(copy, cut)
    mcsearch("index")
    assert [failure["path"] for failure in _failures(mcsearch) if failure["damaged"]] == [str(photos / "twin.jpg")]


def _failures(mcsearch: Mcsearch) -> list[dict[str, Any]]:
    return [*map(json.loads, mcsearch("failures", "--json").stdout.splitlines())]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["index"], 1, "There is no library at"),
        (["index", "none"], 2, "There is no file or folder"),
        (["index", ".", "--model", "nonsense"], 2, "There is no model named 'nonsense'. There are: demo, "),
        (["index", "photos", "--model", "demo", "--device", "tpu"], 2, "'tpu' is not one of"),
        (["index", "photos", "--model", "demo", "--weights", "none.pt"], 4, "none.pt for demo"),
        (
            ["index", "photos", "--model", "demo", "--weights", "photos.pt"],
            4,
            "not a checkpoint. Expected: the weights of demo",
        ),
        (["index", "photos", "--model", "mobileclip2-s0"], 4, "--weights FILE, or try the small built-in model"),
        (["index", "photos", "--workers", "0"], 2, "--workers"),
        (["index", "photos", "--library", "."], 3, "is not a file"),
        (["index", "photos", "--library", "photos.pt"], 3, "not a database"),
    ],
)
def test_bad_input_is_one_sentence(
    mcsearch: Mcsearch, photos: Path, arguments: list[str], exit_code: int, sentence: str
) -> None:
    (photos.parent / "photos.pt").write_bytes(b"no checkpoint and no database" * 100)
    done = mcsearch(*arguments, exit_code=exit_code)
    assert sentence in done.stderr
    assert done.stdout == ""


def test_without_a_network_and_without_weights_the_ways_on_are_named_at_once(mcsearch: Mcsearch, photos: Path) -> None:
    stderr = mcsearch("index", photos, exit_code=4).stderr
    assert "research use only" not in stderr, "said once, when there are weights to use"
    assert "mobileclip2-s2" in stderr
    assert "--weights" in stderr
    assert "--model demo" in stderr


@pytest.mark.skipif(os.name != "posix", reason="needs times of POSIX files")
def test_a_file_changed_in_2300_or_1640_is_like_any_other(mcsearch: Mcsearch, photos: Path) -> None:
    first, second, *others = sorted(photos.rglob("*.jpg"))
    second.write_bytes(first.read_bytes())
    for file, seconds in ((first, 10_413_792_000), (second, -10_413_792_000)):
        os.utime(file, ns=(1, seconds * 10**9))
    counted = _summary(mcsearch("index", photos, "--model", "demo", "--json"))
    assert (counted["new"], counted["failed"]) == (len(others) + 2, 0)
    again = _summary(mcsearch("index", photos, "--model", "demo", "--json"))
    assert (again["unchanged"], again["changed"]) == (len(others) + 2, 0)
    for file in (first, second):
        shown = json.loads(mcsearch("show", file, "--json").stdout)
        assert len(shown["modified_at"]) == len("2023-06-12T10:11:12+00:00")
    assert mcsearch("embed", first, "--model", "demo").stdout
    (group,) = map(json.loads, mcsearch("dupes", "--exact", "--json").stdout.splitlines())
    assert {photo["path"] for photo in group["photos"]} == {str(first), str(second)}
