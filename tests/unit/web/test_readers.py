"""Readers answer in threads of their own, and stop what takes too long."""

import asyncio
import threading
from pathlib import Path

import pytest

from mcsearch.ops.open_library import OpenLibrary
from mcsearch.web.answers import Refusal
from mcsearch.web.readers import Readers

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"


def test_an_endless_statement_is_stopped_and_the_thread_answers_again(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "library.db", None, count=1, limit_s=0.5)

    async def ask() -> int:
        with pytest.raises(Refusal) as refused:
            await readers.ask(lambda opened: opened.file._connection.execute(ENDLESS).fetchone())
        assert refused.value.code == "overload"
        for _ in range(20):  # the statement ends a moment later
            try:
                return await readers.ask(lambda opened: opened.file.status().photos)
            except Refusal:
                await asyncio.sleep(0.2)
        raise AssertionError("the thread does not answer")

    assert asyncio.run(ask()) == 0
    readers.close()


def test_each_thread_has_a_connection_of_its_own(tmp_path: Path) -> None:
    readers, both = Readers(tmp_path / "library.db", None, count=2), threading.Barrier(2, timeout=20)

    def job(opened: OpenLibrary) -> int:
        both.wait()
        return id(opened)

    async def ask() -> tuple[int, int]:
        return await asyncio.gather(readers.ask(job), readers.ask(job))  # type: ignore[return-value]

    assert len(set(asyncio.run(ask()))) == 2
    readers.close()
