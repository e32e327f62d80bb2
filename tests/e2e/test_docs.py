"""What the documents show works as shown."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Mcsearch

COMMANDS = (
    "index", "watch", "find", "similar", "dupes", "show", "tag", "tags", "failures", "formats", "roots", "forget",
    "compact", "status", "embed", "score", "export", "models",
)  # fmt: skip


def _blocks(document: str, language: str) -> list[str]:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def home(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> Path:
    """A home folder with pictures, and a library of them in the demo model."""
    shutil.copytree(painted, tmp_path / "Pictures")
    mcsearch("index", tmp_path / "Pictures", "--model", "demo", "--library", "photos.db")
    shutil.copy(tmp_path / "photos.db", tmp_path / "library.db")
    return tmp_path


def test_the_python_of_the_readme_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    first, second = _blocks("README.md", "python")
    done = subprocess.run([sys.executable, "-c", first], cwd=home, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 10
    assert re.match(r"0\.\d{3} .*\.jpg$", done.stdout.splitlines()[0])
    for name, photo in zip(("a.jpg", "b.jpg"), home.rglob("Pictures/*/*.jpg"), strict=False):
        shutil.copy(photo, home / name)
    done = subprocess.run([sys.executable, "-c", second], cwd=home, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[[")


def test_the_example_of_the_library_format_reads_every_vector_without_mcsearch(home: Path) -> None:
    [code] = _blocks("docs/library-format.md", "python")
    assert "mcsearch" not in code
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("(36, 64)\n")


def test_every_table_and_column_is_documented(home: Path) -> None:
    import sqlite3

    text = (REPOSITORY / "docs" / "library-format.md").read_text(encoding="utf-8")
    connection = sqlite3.connect(home / "library.db")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert f"it is {version} here" in text
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table.startswith("sqlite_"):
            continue
        assert table in text
        if not table.startswith("_"):
            for column in connection.execute(f"SELECT name FROM pragma_table_info('{table}')"):
                assert f"`{column[0]}`" in text, f"{table}.{column[0]}"


def test_every_command_and_option_in_the_readme_is_there(mcsearch: Mcsearch) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    helps = {command: mcsearch(command, "--help").stdout for command in COMMANDS}
    shown = re.findall(r"mcsearch (" + "|".join(COMMANDS) + r")\b([^\n`]*)", readme)
    assert {command for command, _ in shown} == set(COMMANDS)
    for command, rest in shown:
        for option in re.findall(r"--[a-z][a-z0-9-]+", rest.split("|")[0].split("#")[0]):
            assert option in helps[command], f"mcsearch {command} {option}"


def test_every_command_is_in_the_readme(mcsearch: Mcsearch) -> None:
    listed = re.findall(r"^  ([a-z]+)  ", mcsearch("--help").stdout.split("Commands:")[1], re.MULTILINE)
    assert tuple(listed) == COMMANDS


def test_the_json_fields_are_documented(home: Path, mcsearch: Mcsearch) -> None:
    import json

    text = (REPOSITORY / "docs" / "json.md").read_text(encoding="utf-8")
    photo = next((home / "Pictures").rglob("*.jpg"))
    asked = (
        ("index", "Pictures"), ("find", "a dog"), ("failures",), ("formats",), ("status",), ("roots",), ("tags",),
        ("show", photo), ("similar", photo), ("dupes", "--similar", "0.5"),
    )  # fmt: skip
    for arguments in asked:
        for line in mcsearch(*arguments, "--json", cwd=home).stdout.splitlines():
            row = next(row for row in text.splitlines() if row.startswith(f"| `{arguments[0]} --json`"))
            row = next(row for row in text.splitlines() if row.startswith("| `find")) if "the same as" in row else row
            for field in json.loads(line):
                assert f"`{field}`" in row
