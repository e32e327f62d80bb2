"""Limits that users set."""

from tests.conftest import Mcsearch


def test_a_limit_that_photos_exceed_is_refused(mcsearch: Mcsearch) -> None:
    for command in (("index", "."), ("watch", ".", "--once")):
        refused = mcsearch(*command, "--max-megapixels", "100", exit_code=2)
        assert "100 megapixels is too low: it must be at least 250" in refused.stderr
