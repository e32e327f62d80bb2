"""The completion scripts in completions/ are those the command makes."""

import os
import select
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mcsearch.cli.commands import command_line
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.photos import Facts, ScannedFile
from tests.conftest import REPOSITORY, Mcsearch, command

SCRIPTS = {"bash": "mcsearch.bash", "zsh": "_mcsearch", "fish": "mcsearch.fish", "powershell": "mcsearch.ps1"}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_is_up_to_date(mcsearch: Mcsearch, shell: str) -> None:
    kept = (REPOSITORY / "completions" / SCRIPTS[shell]).read_text(encoding="utf-8")
    made = mcsearch(env={"_MCSEARCH_COMPLETE": f"source_{shell}"}).stdout
    if shell == "zsh":
        kept, at_once = kept.rstrip().rsplit("\n", 1)
        assert "loadautofunc" in at_once
    assert kept.strip() == made.strip(), "run: make completions"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_completes_at_the_first_tab_and_at_the_next(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "HOME": str(tmp_path), "COMMANDS": str(Path(command()).parent)}
    set_up = (
        f"PS1=; path=($COMMANDS $path); fpath=({REPOSITORY}/completions $fpath); autoload -U compinit; compinit -u -D"
    )
    with subprocess.Popen(
        ["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as shell:
        try:
            _type(ours, f"{set_up}; print re''ady\n", "ready")
            _type(ours, "mcsearch comp\t", "compact ")
            _type(ours, "\x15mcsearch fail\t", "failures ")
        finally:
            shell.kill()
            os.close(theirs)
            os.close(ours)


def _type(terminal: int, keys: str, answer: str) -> None:
    """Type into a terminal and wait until it shows the answer."""
    os.write(terminal, keys.encode())
    seen = ""
    while answer not in seen:
        readable, _, _ = select.select([terminal], [], [], 30)
        assert readable, f"{keys!r} was answered with {seen!r}"
        seen += os.read(terminal, 65536).decode()


def test_there_is_no_other_script() -> None:
    assert {path.name for path in Path(REPOSITORY / "completions").iterdir()} == set(SCRIPTS.values())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mcsearch t", {"tag", "tags", "teach"}),
        ("mcsearch find --lim", {"--limit"}),
        (
            "mcsearch index --model mobileclip2-s",
            {"mobileclip2-s0", "mobileclip2-s2", "mobileclip2-s3", "mobileclip2-s4"},
        ),
        ("mcsearch index --device c", {"cuda", "cpu"}),
    ],
)
def test_tab_completes_commands_options_and_values(mcsearch: Mcsearch, words: str, expected: set[str]) -> None:
    environment = {
        "_MCSEARCH_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert set(mcsearch(env=environment).stdout.split()) == expected


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with values to complete, made without an index run."""
    with LibraryFile(tmp_path / "library.db") as file, file.transaction():
        file.models.add("demo", "f", 2, 100.0, None, None)
        file.roots.begin({"/home/ann/My Pictures": None, "/media/disk": None})
        content = file.photos.add_content(b"1", 1)
        photo = ScannedFile("/home/ann/My Pictures/1.jpg", 1, 1)
        file.photos.put(photo, content)
        file.facts.put(photo, Facts("JPEG", camera="Canon EOS 5D", lens="50mm", keywords=("Ann's cat", "beach")), 1)
        file.tags.add(1, [("animals", "cat", 1, 0.5, 0.9), ("my places", "a beach", 1, 0.5, 0.9)])
    return tmp_path / "library.db"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mcsearch find --tag ", ["Ann\\'s\\ cat", "a\\ beach", "beach", "cat"]),
        ("mcsearch find --not-tag c", ["cat"]),
        ("mcsearch find --tag a\\ ", ["a\\ beach"]),
        ("mcsearch find --camera Can", ["Canon\\ EOS\\ 5D"]),
        ("mcsearch find --lens 5", ["50mm"]),
        ("mcsearch find --format j", ["jpeg"]),
        ("mcsearch find --in /home/ann/My", ["/home/ann/My\\ Pictures"]),
        ("mcsearch forget /m", ["/media/disk"]),
        ("mcsearch tag --set ", ["animals", "my\\ places"]),
        ("mcsearch tag --label ", ["Ann\\'s\\ cat", "a\\ beach", "beach", "cat"]),
        ("mcsearch find --model ", ["demo"]),
        ("mcsearch find --tag zebra", []),
    ],
)
@pytest.mark.usefixtures("library")
def test_tab_completes_what_the_library_has(
    words: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCSEARCH_LIBRARY", str(tmp_path / "library.db"))
    assert _completed(words, monkeypatch) == expected


def test_the_library_that_is_named_is_completed_from(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCSEARCH_LIBRARY", str(library.with_name("none.db")))
    assert _completed(f"mcsearch find --library {library} --tag c", monkeypatch) == ["cat"]


def test_tab_is_silent_without_a_library_and_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 1000)
    for name in ("none.db", "broken.db"):
        monkeypatch.setenv("MCSEARCH_LIBRARY", str(tmp_path / name))
        assert _completed("mcsearch find --tag ", monkeypatch) == []
    assert not (tmp_path / "none.db").exists()


@pytest.mark.usefixtures("library")
def test_tab_imports_nothing_heavy(mcsearch: Mcsearch) -> None:
    environment = {
        "_MCSEARCH_COMPLETE": "complete_bash", "COMP_WORDS": "mcsearch find --tag c", "COMP_CWORD": "3",
        "PYTHONPROFILEIMPORTTIME": "1",
    }  # fmt: skip
    done = mcsearch(env=environment)
    modules = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert done.stdout == "cat\n"
    assert "sqlite3" in modules
    assert not modules & {"numpy", "torch", "openvino", "PIL", "sqlite_utils"}


def _completed(words: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what bash is offered for a command line, in this process."""
    monkeypatch.setenv("_MCSEARCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(shlex.split(f"{words}x")) - 1))
    outcome = CliRunner().invoke(command_line(), prog_name="mcsearch")
    assert outcome.exit_code == 0
    assert outcome.stderr == ""
    return outcome.stdout.split("\n")[:-1] if outcome.stdout.strip() else []
