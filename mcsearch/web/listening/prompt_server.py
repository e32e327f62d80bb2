"""The socket at which `mcsearch find` asks a running server for the vectors of prompts."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Sequence

from mcsearch.errors import McsearchError
from mcsearch.ops.browsing.prompt_socket import LINE_BYTES_AT_MOST, PromptSocket, encoded_answer
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.private import create_private
from mcsearch.settings import runtime_folder
from mcsearch.web.answers import Refusal
from mcsearch.web.service import Service

_REQUEST_S = 5.0
_PROMPTS_AT_MOST = 1000


@contextlib.asynccontextmanager
async def listening(service: Service) -> AsyncIterator[None]:
    """Answer at the socket within the block, unless there is no place for it or another server answers there."""
    place = PromptSocket(runtime_folder(), service.file)
    server = await _started(service, place)
    if server is None:
        yield
        return
    try:
        yield
    finally:
        server.close()
        with contextlib.suppress(OSError):
            place.file.unlink()


async def _started(service: Service, place: PromptSocket) -> asyncio.Server | None:
    if os.name != "posix":
        return None
    try:
        create_private(place.folder)
        if not place.is_safe() or await _is_alive(place):
            return None
        server = await asyncio.start_unix_server(_answering(service), place.file, limit=LINE_BYTES_AT_MOST)
        place.file.chmod(0o600)
    except OSError:
        return None
    return server


async def _is_alive(place: PromptSocket) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(place.file)
    except OSError:
        return False
    writer.close()
    return True


def _answering(service: Service):  # type: ignore[no-untyped-def]
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError, TimeoutError, McsearchError, Refusal):
            asked = json.loads(await asyncio.wait_for(reader.readline(), _REQUEST_S))
            fingerprint, prompts = str(asked["fingerprint"]), [str(one) for one in asked["prompts"][:_PROMPTS_AT_MOST]]
            writer.write(await service.readers.ask(lambda opened: _encoded(opened, fingerprint, prompts)))
            await asyncio.wait_for(writer.drain(), _REQUEST_S)
        writer.close()

    return answer


def _encoded(opened: OpenLibrary, fingerprint: str, prompts: Sequence[str]) -> bytes:
    for name in opened.file.models.names():
        model = opened.models.to_ask(name)
        if model.fingerprint == fingerprint:
            encoded = model.encode_prompts(prompts)
            return encoded_answer([encoded[prompt] for prompt in prompts], model.dimensions)
    return b""
