"""Index runs on real files with the demo model, in this process."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from mcsearch import Library
from mcsearch.errors import Interrupted, ModelError, UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.models import forget_model
from tests.support.runs import counts, files, inside, run


def _found(library: Library) -> set[str]:
    return {hit.path for hit in library.find("a photo", limit=1000)}


def test_every_photo_is_found_and_an_unchanged_library_costs_no_inference(library: Library, photos: Path) -> None:
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files(photos)}
    assert counts(run(library, photos)) == {"new": 36, "embedded": 36}
    assert _found(library) == {str(file) for file in before}
    assert counts(run(library, photos)) == {"unchanged": 36}
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files(photos)} == before


def test_embeddings_do_not_depend_on_batches_or_workers(tmp_path: Path, photos: Path) -> None:
    vectors = []
    for number, options in enumerate(({"workers": 1, "batch_size": 1}, {"workers": 3, "batch_size": 10_000_000})):
        with Library(tmp_path / f"{number}.db") as library:
            library.index([photos], model="demo", **options)  # type: ignore[arg-type]
            rows = (
                inside(library)
                ._connection.execute("SELECT path, vector FROM photos JOIN embeddings USING (content_id) ORDER BY path")
                .fetchall()
            )
            vectors.append(np.stack([np.frombuffer(vector, "<f4") for _, vector in rows]))
    assert np.allclose(np.linalg.norm(vectors[0], axis=1), 1, atol=1e-5)
    assert (vectors[0] * vectors[1]).sum(axis=1).min() > 0.999


def test_moved_copied_changed_and_removed_files(library: Library, few: Path) -> None:
    run(library, few)
    moved, copied, changed, removed, *_ = files(few)
    (few / "elsewhere").mkdir()
    moved.rename(few / "elsewhere" / "moved.jpg")
    shutil.copy(copied, few / "copy.jpg")
    shutil.copy(files(few)[-1], changed)
    removed.unlink()
    report = run(library, few)
    assert counts(report) == {"new": 1, "changed": 1, "moved": 1, "unchanged": 3, "removed": 1}
    assert _found(library) == {str(file) for file in files(few)}


def test_a_touched_file_is_read_but_not_embedded_again(library: Library, few: Path) -> None:
    run(library, few)
    os.utime(files(few)[0], ns=(1, 1))
    assert counts(run(library, few)) == {"changed": 1, "unchanged": 5}


def test_many_copies_of_one_new_photo_are_embedded_once(library: Library, few: Path) -> None:
    original, *others = files(few)
    for other in others:
        shutil.copy(original, other)
    assert counts(run(library, few)) == {"new": 6, "embedded": 1}
    assert len(library.find("a photo", limit=3)) == 3
    assert len(library.find("a photo", limit=100)) == 6


def test_a_file_moved_over_another_photo(library: Library, few: Path) -> None:
    run(library, few)
    one, other, *_ = files(few)
    one.replace(other)
    assert counts(run(library, few)) == {"changed": 1, "unchanged": 4, "removed": 1}
    assert _found(library) == {str(file) for file in files(few)}


def test_what_comes_back_costs_no_inference(library: Library, few: Path) -> None:
    run(library, few)
    away = few.parent / "away"
    away.mkdir()
    shutil.move(files(few)[0], away / "photo.jpg")
    assert counts(run(library, few)) == {"unchanged": 5, "removed": 1}
    shutil.move(away / "photo.jpg", few / "photo.jpg")
    assert counts(run(library, few)) == {"new": 1, "unchanged": 5}


def test_failures_are_recorded_once_and_tried_again_when_they_change(library: Library, few: Path) -> None:
    good = files(few)[0].read_bytes()
    bad, empty = few / "bad.jpg", few / "empty.PNG"
    bad.write_bytes(good[:100])
    empty.touch()
    assert counts(run(library, few)) == {"new": 6, "failed": 2, "embedded": 6}
    assert [(Path(failure.path).name, bool(failure.reason)) for failure in inside(library).photos.failures()] == [
        ("bad.jpg", True), ("empty.PNG", True)
    ]  # fmt: skip
    assert counts(run(library, few)) == {"unchanged": 6, "unreadable": 2}
    assert counts(run(library, few, force=True)) == {"unchanged": 6, "failed": 2, "embedded": 6}
    bad.write_bytes(good + b" ")
    assert counts(run(library, few)) == {"new": 1, "unchanged": 6, "unreadable": 1, "embedded": 1}
    empty.unlink()
    run(library, few)
    assert inside(library).photos.failures() == []


def test_a_photo_whose_file_breaks_unnoticed_is_counted_once_whatever_lies_beside_it(
    library: Library, few: Path
) -> None:
    run(library, few)
    photo = files(few)[0]
    found = photo.stat()
    photo.write_bytes(b"\0" * found.st_size)
    os.utime(photo, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert counts(run(library, few, force=True)) == {"unchanged": 5, "failed": 1, "embedded": 5}
    assert library.status().photos == 6  # as long as its file seems unchanged
    assert counts(run(library, few)) == {"unchanged": 6}
    (photo.parent / "empty.jpg").touch()
    run(library, few)
    assert counts(run(library, few)) == {"unchanged": 6, "unreadable": 1}


def test_many_copies_of_a_damaged_file_are_as_many_failures(library: Library, few: Path) -> None:
    for number in range(120):  # more than are in flight at once
        (few / f"bad-{number}.jpg").write_bytes(b"no picture")
    assert counts(run(library, few)) == {"new": 6, "failed": 120, "embedded": 6}
    assert len(inside(library).photos.failures()) == 120


def test_a_photo_that_becomes_unreadable_is_no_longer_found(library: Library, few: Path) -> None:
    run(library, few)
    files(few)[0].write_bytes(b"no picture any more")
    assert counts(run(library, few)) == {"unchanged": 5, "failed": 1}
    assert _found(library) == {str(file) for file in files(few)[1:]}


@pytest.mark.skipif(os.name == "nt", reason="Windows does not allow these names")
def test_any_file_name_will_do(library: Library, few: Path) -> None:
    names = [
        b"two words.jpg",
        "\U0001f415 süß.JPG".encode(),
        b"new\nline.jpeg",
        b"caf\xe9.jpg",
        b"-n.jpg",
        b"%s\x1b[31m.jpg",
    ]
    for file, name in zip(files(few), names, strict=True):
        os.rename(os.fsencode(file), os.path.join(os.fsencode(few), name))
    assert counts(run(library, few)) == {"new": 6, "embedded": 6}
    assert {os.path.basename(os.fsencode(path)) for path in _found(library)} == set(names)
    assert counts(run(library, few)) == {"unchanged": 6}


def test_roots_inside_each_other_and_single_files(library: Library, few: Path) -> None:
    file = files(few)[0]
    assert counts(run(library, file)) == {"new": 1, "embedded": 1}
    assert counts(run(library, few, file.parent, file)) == {"new": 5, "unchanged": 1, "embedded": 5}
    assert [root.path for root in library.status().roots] == [str(few)]
    file.unlink()
    assert counts(run(library, file)) == {"removed": 1}


def test_indexing_one_folder_leaves_the_others_alone(library: Library, few: Path, tmp_path: Path) -> None:
    other = tmp_path / "photos 2"
    other.mkdir()
    shutil.copy(files(few)[0], other / "x.jpg")
    run(library, few, other)
    shutil.rmtree(few)
    few.mkdir()
    assert counts(run(library, few)) == {"removed": 6}
    assert _found(library) == {str(other / "x.jpg")}


def test_a_root_that_is_away_keeps_its_photos(library: Library, few: Path) -> None:
    run(library, few)
    few.rename(few.parent / "unplugged")
    report = run(library, few)
    assert counts(report) == {}
    assert len(report.warnings) == 1
    assert str(few) in report.warnings[0]
    assert len(_found(library)) == 6


def test_a_known_mount_point_with_nothing_mounted_keeps_its_photos(library: Library, few: Path) -> None:
    disk = files(few)[0].parent
    on_disk = len(files(disk))
    run(library, few)
    with inside(library).transaction():
        inside(library).roots.add_mounts([str(disk)])  # as found on the day the disk was mounted
    away = few.parent / "away"
    disk.rename(away)
    disk.mkdir()
    report = run(library, few)
    assert "removed" not in counts(report)
    assert str(disk) in report.warnings[0]
    disk.rmdir()
    away.rename(disk)  # files are there again: an ordinary folder now
    assert counts(run(library, few)) == {"unchanged": 6}
    shutil.rmtree(disk)
    assert counts(run(library, few))["removed"] == on_disk


def test_excluded_and_hidden_files(library: Library, few: Path) -> None:
    first, second, *_ = files(few)
    first.rename(few / ".hidden.jpg")
    second.rename(few / "IMG_edited.jpg")
    assert counts(run(library, few, exclude=["*_edited*"])) == {"new": 4, "embedded": 4}
    assert counts(run(library, few, exclude=[], hidden=True)) == {"new": 2, "unchanged": 4, "embedded": 2}


def test_a_path_that_was_never_there_is_refused_before_anything_happens(library: Library, few: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        run(library, few, few / "none")
    assert inside(library).photos.count() == 0


def test_a_tower_that_cannot_be_loaded_ends_the_run_with_a_sentence(library: Library, few: Path) -> None:
    weights = few / "weights.safetensors"
    weights.write_bytes(b"no checkpoint")
    with pytest.raises(ModelError, match="not a checkpoint"):
        run(library, few, weights=weights)
    assert inside(library).photos.count() == 0


def test_another_checkpoint_under_the_same_name_is_refused(library: Library, few: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    from mcsearch.models.builtin import MODEL_FOLDER

    run(library, few)
    tensors = load_file(MODEL_FOLDER / "open_clip_model.safetensors")
    tensors["logit_scale"] = tensors["logit_scale"] + torch.tensor(0.5, dtype=tensors["logit_scale"].dtype)
    other = tmp_path / "other.safetensors"
    save_file(tensors, other)
    files(few)[0].write_bytes(files(few)[1].read_bytes() + b" ")
    with pytest.raises(ModelError, match="not the checkpoint of demo that this library was indexed with"):
        run(library, few, weights=other)
    assert len(_found(library)) == 6


def test_no_thread_holds_on_to_the_tower_after_a_run(library: Library, few: Path) -> None:
    for _ in range(3):
        run(library, few, force=True)
        assert "tower" not in {thread.name for thread in threading.enumerate()}


def test_the_library_goes_on_with_its_own_model_and_weights(
    library: Library, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcsearch.models.builtin import MODEL_FOLDER

    weights = Path(shutil.copy(MODEL_FOLDER / "open_clip_model.safetensors", tmp_path / "mine.safetensors"))
    run(library, files(few)[0], weights=weights)
    library.index([few])
    model = inside(library).models.find()
    assert model is not None
    assert (model.name, model.weights) == ("demo", str(weights))
    weights.unlink()
    library.find("something never asked")  # the converted text tower is kept
    inside(library).cache = tmp_path / "empty"
    library.find("nor this")  # what was loaded stays for as long as the library is open
    monkeypatch.setenv("MCSEARCH_CACHE", str(tmp_path / "empty"))
    with (
        Library(inside(library).file) as opened,
        pytest.raises(ModelError, match=r"no weights file .*mine\.safetensors"),
    ):
        opened.find("nor that")


def test_after_a_killed_first_run_all_roots_go_on(library: Library, few: Path) -> None:
    def killed(*_: object) -> None:
        raise SystemExit  # nothing of the run is caught and tidied up

    with pytest.raises(SystemExit):
        run(library, few, exclude=["*x*"], progress=killed)
    [root] = library.status().roots
    assert (root.path, root.photos, root.indexed_at) == (str(few), 0, None)
    assert root.rules is not None
    assert root.rules.exclude == ("*x*",)
    assert counts(library.index()) == {"new": 6, "embedded": 6}
    assert library.status().models[0].name == "demo"
    assert library.status().roots[0].indexed_at is not None


@pytest.mark.parametrize("force", [True, False])
def test_ctrl_c_says_whether_the_next_run_goes_on(library: Library, few: Path, force: bool) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="stay in the library") as stopped:
        run(library, few, force=force, progress=stop)
    assert ("from the beginning" if force else "to continue") in stopped.value.hint


def test_a_model_that_is_forgotten_during_a_run_is_entered_anew(library: Library, few: Path) -> None:
    ids = []

    def forget(stage: str, done: int, *_: object) -> None:
        if stage == "indexing" and done == 1:
            with LibraryFile(inside(library).file) as other:
                ids.append(other.models.find("demo"))
                forget_model(other, "demo")

    run(library, few, batch_size=1, progress=forget)
    [before], after = ids, inside(library).models.find("demo")
    assert before is not None
    assert after is not None
    assert after.id > before.id
    run(library, few)
    assert len(_found(library)) == 6


def test_another_checkpoint_that_takes_a_forgotten_model_s_name_is_not_written_to(library: Library, few: Path) -> None:
    def replace(stage: str, done: int, *_: object) -> None:
        if stage == "indexing" and done == 1:
            with LibraryFile(inside(library).file) as other:
                forget_model(other, "demo")
                with other.transaction():
                    other.models.add("demo", "another", 512, 100.0, None, None)

    with pytest.raises(ModelError, match="not the checkpoint of demo"):
        run(library, few, batch_size=1, progress=replace)
    assert inside(library)._connection.execute("SELECT COUNT(*) FROM embeddings").fetchone() == (0,)
