"""What the commands find and similar share: options, reading a picture from standard input, and printing hits."""

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mcsearch.ops.model import Encode, ModelInUse
    from mcsearch.ops.open_library import OpenLibrary
    from mcsearch.records.answers import Hit

LikeOption = Annotated[
    list[str] | None, typer.Option("--like", metavar="PHOTO", help="Photos like this one; - is standard input.")
]
NotOption = Annotated[list[str] | None, typer.Option("--not", metavar="TEXT", help="Avoid photos that show this.")]
NotLikeOption = Annotated[
    list[str] | None, typer.Option("--not-like", metavar="PHOTO", help="Avoid photos like this one.")
]
RelevantOption = Annotated[bool, typer.Option("--relevant", help="Show only photos that probably fit.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="Show at most N photos.")]
MinScoreOption = Annotated[float, typer.Option(metavar="S", help="Only photos with at least this score.")]
CollapseOption = Annotated[
    bool, typer.Option("--collapse", help="Show only one of several nearly identical shots, and their number.")
]
SortOption = Annotated[
    Literal["score", "date", "path"] | None,
    typer.Option("--sort", help="The order; date means newest first. [default: score; date without a query]"),
]
PathsOption = Annotated[bool, typer.Option("--paths", help="Print paths only.")]
Print0Option = Annotated[bool, typer.Option("--print0", help="Print paths ended by NUL, for xargs -0.")]

NoServerOption = Annotated[
    bool, typer.Option("--no-server", help="Do not ask a running server (mcsearch serve) to encode the query.")
]

# The exit code of --relevant when no photo is left, as grep has it.
NOTHING_RELEVANT = 1
_STDIN = "-"


def server_encoder(opened: "OpenLibrary", *, alone: bool) -> "Encode | None":
    """Return what asks the library's running server, if there is one, for the vectors of new prompts."""
    if alone:
        return None

    def encode(model: "ModelInUse", prompts: Sequence[str]) -> "Mapping[str, npt.NDArray[np.float32]] | None":
        from mcsearch import settings
        from mcsearch.ops.browsing.prompt_socket import PromptSocket  # not for prompts that were asked before

        return PromptSocket(settings.runtime_folder(), opened.file.file).encode(model, prompts)

    return encode


@contextlib.contextmanager
def with_stdin(photos: Sequence[str]) -> Iterator[list[str]]:
    """Yield the photos with each `-` replaced by a temporary file that holds the content of standard input.

    Worker processes decode the pictures, and need a file for that. Raises UsageError for an empty input.
    """
    piped = [photo for photo in photos if photo == _STDIN or photo.endswith(f":{_STDIN}")]
    if not piped:
        yield list(photos)
        return
    import tempfile

    from mcsearch.errors import UsageError

    with tempfile.TemporaryDirectory(prefix="mcsearch-") as folder:
        file = Path(folder) / "standard input"
        with file.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        if not file.stat().st_size:
            raise UsageError(
                "There is no picture on standard input.", hint="For instance: mcsearch similar - < photo.jpg"
            )
        yield [photo.removesuffix(_STDIN) + str(file) if photo in piped else photo for photo in photos]


def check_output(*, as_json: bool, paths: bool, print0: bool) -> None:
    """Raise UsageError when more than one form of output is asked for."""
    from mcsearch.errors import UsageError

    if as_json + paths + print0 > 1:
        raise UsageError("Choose one of --json, --paths and --print0.")


def no_hits(min_score: float) -> str:
    """Return the sentence for an answer without hits, although the filters leave photos."""
    return "No photo matches." if min_score <= -1 else f"No photo has a score of at least {min_score:g}."


def show(
    hits: "Sequence[Hit]",
    *,
    relevant: bool,
    as_json: bool,
    paths: bool,
    print0: bool,
    nothing: str = "",
    write: "Callable[[Sequence[Hit]], None] | None" = None,
) -> "list[Hit]":
    """Print hits, or only the `relevant` ones, in the requested form, and say on stderr how many probably fit.

    `nothing` is the sentence to print if there are no hits, and `write` prints hits for people. Returns the hits that
    were printed, or ends the command with NOTHING_RELEVANT when only relevant hits are wanted and there are none.
    """
    from mcsearch.output import lines
    from mcsearch.paths import shown

    wanted = [hit for hit in hits if hit.is_relevant or not relevant]
    if as_json:
        for hit in wanted:
            lines.write_json(hit)
    elif paths or print0:
        lines.write_paths((hit.path for hit in wanted), b"\0" if print0 else b"\n")
    else:
        (write or lines.write_hits)(wanted)
    if hits and (why := hits[0].explanation) and why.filters and not as_json:
        print(f"mcsearch: {shown(lines.filter_counts(why.filters))}.", file=sys.stderr)
    fitting = sum(hit.is_relevant for hit in hits)
    if not hits:
        if nothing:
            print(f"mcsearch: {nothing}", file=sys.stderr)
    elif not fitting:
        print("mcsearch: Nothing here seems to fit.", file=sys.stderr)
    elif not relevant and fitting < len(hits):
        print(
            f"mcsearch: {fitting:,} of these {len(hits):,} probably {'fits' if fitting == 1 else 'fit'}; "
            "--relevant shows only those.",
            file=sys.stderr,
        )
    if relevant and not wanted:
        raise typer.Exit(NOTHING_RELEVANT)
    return wanted
