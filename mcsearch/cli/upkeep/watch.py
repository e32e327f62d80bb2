"""mcsearch watch"""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from mcsearch.cli.completing import roots
from mcsearch.cli.options import LibraryOption, MegapixelsOption, open_library_to_index


def watch(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Folders. [default: all indexed folders]", autocompletion=roots),
    ] = None,
    max_megapixels: MegapixelsOption = None,
    once: Annotated[bool, typer.Option("--once", help="Index what has changed so far, and stop.")] = False,
    library: LibraryOption = None,
) -> None:
    """Keep the library up to date: index folders, then whatever changes in them, until Ctrl-C.

    A file is indexed once it has stopped growing. When a disk is missing, its photos stay in the library until it is
    back. Ctrl-C ends the command with exit code 130, a TERM signal with 0. All finished work is kept.
    """
    from mcsearch.cli.upkeep.index import show_report
    from mcsearch.ops.index import index_paths
    from mcsearch.ops.watch import watch_paths
    from mcsearch.output.progress import progress_bar
    from mcsearch.paths import shown

    def say(sentence: str) -> None:
        print(f"mcsearch: {sentence}", file=sys.stderr, flush=True)

    received: int | None = None

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal received
        received = number
        raise KeyboardInterrupt  # an index run then stops and stores what is finished

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    try:
        with open_library_to_index(library, paths or ()) as opened:
            with progress_bar() as progress:
                if once:
                    first = index_paths(opened, paths or (), max_megapixels=max_megapixels, progress=progress)
                else:
                    reports = watch_paths(
                        opened, paths or (), max_megapixels=max_megapixels, say=say,
                        is_ended=lambda: received is not None, progress=progress,
                    )  # fmt: skip
                    first = next(reports)
            show_report(first)
            if once:
                return
            followed = ", ".join(shown(path) for path in paths or opened.file.roots.known())
            say(f"Watching {followed}. Ctrl-C ends it.")
            for report in reports:
                show_report(report)
    except BaseException:
        if received != signal.SIGTERM:
            raise
