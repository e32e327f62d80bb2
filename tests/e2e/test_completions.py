"""The completion scripts in completions/ are those the command makes."""

from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Mcsearch

SCRIPTS = {"bash": "mcsearch.bash", "zsh": "_mcsearch", "fish": "mcsearch.fish", "powershell": "mcsearch.ps1"}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_is_up_to_date(mcsearch: Mcsearch, shell: str) -> None:
    kept = (REPOSITORY / "completions" / SCRIPTS[shell]).read_text(encoding="utf-8")
    made = mcsearch(env={"_MCSEARCH_COMPLETE": f"source_{shell}"}).stdout
    assert kept.strip() == made.strip(), "run: make completions"


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
