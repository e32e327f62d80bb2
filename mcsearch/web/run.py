"""Run a server for a library until it is interrupted."""

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.cluster.sharded import VectorShards
from mcsearch.ops.finding.packed.copies import packed_copy
from mcsearch.output.counts import counted
from mcsearch.paths import shown
from mcsearch.web.app import make_app
from mcsearch.web.listening.guard import Access
from mcsearch.web.listening.limits import Bounds
from mcsearch.web.listening.serving import listen, server
from mcsearch.web.service import open_service


def run(
    file: Path, cache: Path | None, *, host: str, port: int, with_token: bool, origins: Sequence[str], open_page: bool,
    say: Callable[[str], None], ray: str | None = None,
) -> None:  # fmt: skip
    """Serve a library at an address until Ctrl-C; `say` is called with the address once requests are answered.

    With `ray`, the address of a Ray cluster, its nodes hold and scan the vectors. Raises UsageError
    for an address that is not possible, and LibraryError.
    """
    LibraryFile(file).close()  # say now if the library cannot be used
    access = access_to(host, origins, with_token=with_token)
    listening = listen(host, port)
    address = _address(host, listening.getsockname()[1])
    if access.token is not None:
        address += f"?token={access.token}"
    bounds = Bounds()
    shards = None if ray is None else _loaded_shards(file, cache, ray, say)
    serving = server(make_app(open_service(file, cache, shards), access, bounds), bounds)

    async def serve() -> None:
        task = asyncio.create_task(serving.serve(sockets=[listening]))
        while not serving.started and not task.done():
            await asyncio.sleep(0.01)
        if serving.started:
            say(f"Serving {shown(str(file))} at {address} (Ctrl-C stops)")
            if open_page:
                import webbrowser

                await asyncio.to_thread(webbrowser.open, address)
        await task

    asyncio.run(serve())


def _loaded_shards(file: Path, cache: Path | None, address: str, say: Callable[[str], None]) -> VectorShards:
    """Load the vectors of the library's default model onto the nodes of a cluster."""
    shards = VectorShards.on(address)
    try:
        with LibraryFile(file, cache=cache) as library:
            if (model := library.models.find()) is not None and (copy := packed_copy(library, model)) is not None:
                actors, _ = shards.ready(copy)
                say(f"{len(copy.ids):,} vectors are in memory, in {counted(len(actors), 'shard')}.")
    except BaseException:
        shards.close()
        raise
    return shards


def access_to(host: str, origins: Sequence[str], *, with_token: bool) -> Access:
    """Return who may reach a server that listens on this host: all who know its token, unless it is this machine.

    Raises UsageError for an origin that is not one.
    """
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise UsageError(f"{origin!r} is not an origin. It looks like https://example.org.")
    allowed = frozenset(origins)
    own = Access().hosts
    if _is_this_machine(host):
        return Access(own, token=secrets.token_urlsafe(24) if with_token else None, origins=allowed)
    name = socket.gethostname().lower()
    names = own | {host.lower(), name, f"{name}.local", socket.getfqdn().lower()}
    return Access(names, addresses=True, token=secrets.token_urlsafe(24), origins=allowed)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
