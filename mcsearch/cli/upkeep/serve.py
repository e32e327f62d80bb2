"""mcsearch serve"""

import sys
from typing import Annotated

import typer

from mcsearch import settings
from mcsearch.cli.options import LibraryOption


def serve(
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 chooses one.")] = 7878,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen. Others than this machine need a token.")
    ] = "127.0.0.1",
    token: Annotated[bool, typer.Option("--token", help="Ask for a token on this machine, too.")] = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", metavar="URL", help="A site whose pages may use the API. May be repeated."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS]",
            help="Hold the vectors in memory on the nodes of a Ray cluster: auto, local or HOST:PORT. [default: auto]",
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Show the photos on a page in the browser, and answer other programs over HTTP, until Ctrl-C.

    Only this machine can reach the server, unless --host says otherwise.
    """
    from mcsearch.errors import UsageError

    try:
        from mcsearch.web.run import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "mcsearch":
            raise
        raise UsageError(
            f"The server needs the package {error.name}.", hint="To install it: pip install 'mcsearch[web]'"
        ) from None
    run(
        settings.library_path(library), settings.cache_folder(), host=host, port=port, with_token=token,
        origins=allow_origin or (), open_page=open_page, ray=ray,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )  # fmt: skip
