"""The completion scripts in completions/ are those the command makes."""

import os
import select
import shutil
import subprocess
from pathlib import Path

import pytest

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
        ("mcsearch t", {"tag", "tags"}),
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
