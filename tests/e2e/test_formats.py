"""mcsearch formats, and files whose format needs a package that is not installed."""

import json
import os
from pathlib import Path

from PIL import Image

from tests.conftest import Mcsearch
from tests.support.raw_files import dng
from tests.support.samples import quarters
from tests.support.writers import heif, jxl


def _without(tmp_path: Path, *modules: str) -> dict[str, str]:
    """The environment of an installation that lacks modules."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"import sys; sys.modules.update(dict.fromkeys({modules!r}))")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


def test_formats_says_what_works_and_what_to_install(mcsearch: Mcsearch, tmp_path: Path) -> None:
    listed = [json.loads(line) for line in mcsearch("formats", "--json").stdout.splitlines()]
    assert all(row["works"] and row["install"] is None for row in listed)
    assert ".heic" in next(row["suffixes"] for row in listed if row["name"] == "HEIF")
    environment = _without(tmp_path, "rawpy")
    lacking = [json.loads(line) for line in mcsearch("formats", "--json", env=environment).stdout.splitlines()]
    [raw] = [row for row in lacking if not row["works"]]
    assert (raw["name"], raw["needs"], raw["install"]) == ("RAW", "rawpy", "pip install 'mcsearch[raw]'")
    assert "to read them: pip install 'mcsearch[raw]'" in mcsearch("formats", env=environment).stdout
    assert "to read them" not in mcsearch("formats").stdout


def test_every_format_is_indexed_and_what_lacks_its_package_once_it_is_there(
    mcsearch: Mcsearch, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.heic").write_bytes(heif(quarters()))
    (folder / "b.dng").write_bytes(dng(quarters()))
    (folder / "c.jxl").write_bytes(jxl(quarters()))
    (folder / "d.jpg").write_bytes(jxl(Image.new("RGB", (40, 30))))
    quarters().save(folder / "e.avif")
    environment = _without(tmp_path, "rawpy", "pillow_jxl")
    done = mcsearch("index", folder, "--model", "demo", "--json", env=environment)
    assert (json.loads(done.stdout)["new"], json.loads(done.stdout)["failed"]) == (2, 1)
    assert "1 RAW file cannot be read here. To read this format: pip install 'mcsearch[raw]'" in done.stderr
    assert "1 JPEG XL file cannot be read here. To read this format: pip install 'mcsearch[jxl]'" in done.stderr
    assert "d.jpg: JPEG XL requires pillow-jxl-plugin; install it with " in mcsearch("failures").stdout

    report = json.loads(mcsearch("index", folder, "--json").stdout)
    assert (report["new"], report["unchanged"], report["failed"], report["notices"]) == (3, 2, 0, [])

    report = json.loads(mcsearch("index", folder, "--json", env=environment).stdout)
    assert report["removed"] == 0, "what was indexed once stays when the package is gone"
    assert len(mcsearch("find", "a photo", "--paths").stdout.splitlines()) == 5
