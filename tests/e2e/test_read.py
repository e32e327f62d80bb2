"""mcsearch read, index --read and find --text: the words in and around photos, with the installed reader."""

import importlib.util
import json
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from mcsearch import Library
from mcsearch.errors import Interrupted
from mcsearch.ops.reading import read as reading
from tests.conftest import Mcsearch

pytestmark = pytest.mark.slow

RECEIPT = "Grand Hotel\nReceipt No. 4711\nTotal 23.50 EUR"


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a receipt, a sign that lies on its side, and a picture without text."""
    folder = tmp_path_factory.mktemp("signs") / "signs"
    (folder / "2023 Lisboa").mkdir(parents=True)
    _painted(RECEIPT).save(folder / "2023 Lisboa" / "a.png")
    _painted("Museum of\nmodern trams").rotate(90, expand=True).save(folder / "b.png")
    Image.linear_gradient("L").save(folder / "plain.png")
    return folder


def _painted(text: str) -> Image.Image:
    picture = Image.new("RGB", (800, 600), "ivory")
    ImageDraw.Draw(picture).multiline_text((80, 80), text, "black", ImageFont.load_default(48), spacing=30)
    return picture


def test_text_in_photos_is_read_once_and_found(
    mcsearch: Mcsearch, signs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = mcsearch("index", signs, "--model", "demo", "--read", "--workers", "1")
    assert "text of 3 photos read" in done.stderr
    assert mcsearch("roots").stdout.endswith(", with the text in photos\n")
    assert "has been read before" in mcsearch("read").stderr

    done = mcsearch("find", "--text", '"receipt no" lisb*')
    path, names, read = done.stdout.splitlines()
    assert path.endswith("a.png")
    assert names == "         names: signs/2023 [Lisboa]/a.png"
    assert read == "         read: Grand Hotel [Receipt No]. 4711 Total 23.50 EUR"
    [line] = mcsearch("find", "a museum", "--text", "modern", "--json").stdout.splitlines()
    hit = json.loads(line)
    assert Path(hit["path"]).name == "b.png"
    [found] = hit["texts"]
    [[start, end]] = found["marks"]
    assert found["text"][start:end].lower() == "modern"
    left = mcsearch("find", "--not-text", "receipt", "--paths").stdout.split()
    assert sorted(Path(one).name for one in left) == ["b.png", "plain.png"]

    shown = json.loads(mcsearch("show", signs / "2023 Lisboa" / "a.png", "--json").stdout)
    assert shown["text"] == RECEIPT
    assert (
        "Text       Grand Hotel\n           Receipt No. 4711\n"
        in mcsearch("show", signs / "2023 Lisboa" / "a.png").stdout
    )
    assert json.loads(mcsearch("show", signs / "plain.png", "--json").stdout)["text"] == ""

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "rapidocr" else find_spec(name))
    sentence = "mcsearch: To read the text in photos, install the reader: pip install 'mcsearch[ocr]'.\n"
    assert mcsearch("read", exit_code=2).stderr == sentence
    assert mcsearch("index", signs, "--read", exit_code=2).stderr == sentence
    assert f"warning: {sentence.partition(': ')[2]}" in mcsearch("index").stderr  # the root remembers --read


def test_what_was_read_before_ctrl_c_is_kept(
    tmp_path: Path, indexed_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "library.db"
    file.write_bytes(indexed_library.read_bytes())
    monkeypatch.setattr(reading, "reader", lambda: "another reader")
    done: list[int] = []

    def stop(_: str, count: int, __: int | None) -> None:
        done.append(count)
        if count == 2:
            raise KeyboardInterrupt

    with Library(file) as library:
        with pytest.raises(Interrupted, match=r"Stopped\. 2 of 36 photos are done"):
            library.read(workers=1, progress=stop)
        execute = library.file._connection.execute
        assert execute("SELECT COUNT(*) FROM read_texts").fetchone() == (2,)
    assert done == [0, 1, 2]
    assert threading.active_count() < 10
