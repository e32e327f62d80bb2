"""Labels files, good and bad."""

from pathlib import Path

import pytest

from mcsearch.errors import UsageError
from mcsearch.models.prompts import TEMPLATES
from mcsearch.ops.finding.labels_file import Label, read_label, read_labels


def _read(tmp_path: Path, content: str | bytes) -> list[Label]:
    file = tmp_path / "labels.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_labels(file)


def test_labels_comments_and_prompts(tmp_path: Path) -> None:
    labels = _read(
        tmp_path, "\ufeff# animals\ndog\n\n  polar   bear # white\nC#\nbeach = a sandy  beach | the seaside\r\n"
    )
    assert [label.name for label in labels] == ["dog", "polar bear", "C#", "beach"]
    assert labels[1].prompts == tuple(template.format("polar bear") for template in TEMPLATES)
    assert labels[3].prompts == ("a sandy beach", "the seaside")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "no labels in"),
        ("# only a comment\n\n", "no labels in"),
        ("dog\ncat\nDog\n", "line 3: the label 'Dog' is already on line 1"),
        (b"dog\ncaf\xe9\n", "line 2: not UTF-8"),
        ("dog\n= a prompt\n", "line 2: there is no label"),
        ("dog\nbeach =\n", "line 2: 'beach' has an empty prompt"),
        ("beach = sand || sea\n", "line 1: 'beach' has an empty prompt"),
    ],
)
def test_a_bad_file_is_named_with_the_line(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    with pytest.raises(UsageError, match=r"labels\.txt") as raised:
        _read(tmp_path, content)
    assert sentence in str(raised.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for file in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_labels(file)


def test_control_characters_in_a_label_are_spaces() -> None:
    assert read_label("our\0house\x1b[2J", "teach").name == "our house [2J"
    with pytest.raises(UsageError, match="the label is empty"):
        read_label("\0", "teach")
