"""Which name somebody probably meant."""

import pytest

from mcsearch.likeness import did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "names", "meant"),
    [
        ("dgo", ["cat", "dog", "boat"], "dog"),
        ("Pixle 7", ["NIKON D750", "Google Pixel 7", "Google Pixel 6 Pro"], "Google Pixel 7"),
        ("PIXEL 6", ["Google Pixel 7", "Google Pixel 6"], "Google Pixel 6"),
        ("zebra", ["cat", "dog"], None),
        ("dog", [], None),
        ("", ["dog"], None),
    ],
)
def test_the_nearest_name(word: str, names: list[str], meant: str | None) -> None:
    assert nearest(word, names) == meant


def test_the_question() -> None:
    assert did_you_mean("demmo", ["demo", "mobileclip2-s2"]) == " Did you mean 'demo'?"
    assert did_you_mean("zebra", ["demo"]) == ""
