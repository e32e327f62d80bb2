"""mcsearch models"""

import shutil
import sys
from typing import Annotated

import typer

from mcsearch.cli.asking import YesOption, make_sure
from mcsearch.cli.completing import catalog_models, library_models
from mcsearch.cli.group import Command, Group
from mcsearch.cli.options import JsonOption, LibraryOption, open_library

app = typer.Typer(
    help="List the models, download and remove their weights, and choose the default model.",
    rich_markup_mode=None,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    cls=Group,
)
Name = Annotated[str, typer.Argument(metavar="NAME", autocompletion=catalog_models)]
IndexedName = Annotated[str, typer.Argument(metavar="NAME", autocompletion=library_models)]
Names = Annotated[list[str], typer.Argument(metavar="NAME...", autocompletion=catalog_models)]


@app.callback()
def list_(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="List every model, with more figures.")] = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """List models by purpose, with their published accuracy, what they cost, and their licence.

    With a command: download or remove weights, choose the default model, or drop a model from the library.
    """
    if context.invoked_subcommand is not None:
        return
    from mcsearch.errors import NothingIndexedError
    from mcsearch.ops.models import list_models
    from mcsearch.output import lines
    from mcsearch.output.models import model_lines, purpose_lines

    try:
        with open_library(library) as opened:
            listed = list_models(opened.file)
    except NothingIndexedError:
        listed = list_models(None)
    for model in listed if as_json else ():
        lines.write_json(model)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in () if as_json else model_lines(listed) if every else purpose_lines(listed, width):
        lines.write(line)


@app.command(cls=Command)
def download(names: Names) -> None:
    """Download the weights of models, so that they work without a network."""
    from mcsearch.models.lookup import find_model
    from mcsearch.ops.models import download_model
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar
    from mcsearch.paths import shown

    for model in [find_model(name) for name in names]:  # check all names before the first download
        with progress_bar() as progress:
            file = download_model(model.name, progress)
        lines.write(shown(str(file)))


@app.command(cls=Command)
def remove(name: Name) -> None:
    """Remove the downloaded weights of a model, and the files converted from them, from this disk."""
    from mcsearch import settings
    from mcsearch.ops.models import remove_model
    from mcsearch.output.counts import shown_size

    print(f"mcsearch: Freed {shown_size(remove_model(name, settings.cache_folder()))}.", file=sys.stderr)


@app.command(cls=Command)
def use(name: IndexedName, library: LibraryOption = None) -> None:
    """Make a model the default. All photos must be indexed with it."""
    from mcsearch.ops.models import use_model

    with open_library(library) as opened:
        use_model(opened.file, name)
    print(f"mcsearch: {name} is now the default model.", file=sys.stderr)


@app.command(cls=Command)
def forget(name: IndexedName, yes: YesOption = False, library: LibraryOption = None) -> None:
    """Drop a model's embeddings, prompts and tags from the library."""
    from mcsearch.ops.models import forget_model, photos_of
    from mcsearch.output.counts import counted

    with open_library(library) as opened:
        photos = counted(photos_of(opened.file, name), "photo")
        make_sure(f"This drops the embeddings of {photos} by {name}, its prompts and its tags from the library.", yes)
        left = forget_model(opened.file, name)
    if left:
        print(f"mcsearch: Forgot {name}.", file=sys.stderr)
    else:
        print(
            f"mcsearch: {name} was the only model of this library, so nothing can be found now. The next mcsearch "
            "index embeds all photos with it again, unless you name another: mcsearch index --model NAME",
            file=sys.stderr,
        )
