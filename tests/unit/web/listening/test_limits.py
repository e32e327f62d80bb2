"""Limits end a request whose client does not read the answer."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from mcsearch.web.listening.limits import Bounds, Limits


def test_a_client_that_does_not_read_is_not_waited_for() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def never(_: Message) -> None:
        await asyncio.sleep(60)

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(asyncio.wait_for(Limits(app, Bounds(part_s=0.1))(scope, nothing, never), 20))
