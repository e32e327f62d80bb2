"""The list of models as tables of text: a short one by purpose, and one of all models."""

import textwrap
from collections.abc import Iterator, Sequence

from mcsearch.output.counts import counted, shown_size
from mcsearch.records.status import ListedModel

_FOR = ("for", "model", "", "languages", "ImageNet", "COCO", "download", "work", "licence", "here")
_LEGEND = (
    "ImageNet: zero-shot top-1; COCO: text-to-image recall@1, both in percent, as published by the authors, not "
    "measured by mcsearch. Work: arithmetic for each photo, compared with the default.",
    "The licences MIT and Apache-2.0 allow commercial use; apple-amlr allows only research.",
    "siglip2 models need pip install 'mcsearch[transformers]', and several seconds for a new query.",
    "To use one: mcsearch index FOLDER --model NAME. To list all: mcsearch models --all",
)
_LEGEND_WIDTH = 100
_HEADINGS = ("", "name", "year", "parameters", "ImageNet", "Flickr30k", "COCO", "size", "licence", "here")


def purpose_lines(models: Sequence[ListedModel], width: int | None = None) -> Iterator[str]:
    """Yield a table of the models to choose from, and of the library's own, with a legend; a star marks its default.

    If the table is wider than `width` columns, each purpose stands on a line above its model.
    """
    chosen = [model for model in models if model.purpose or model.photos]
    chosen.sort(key=lambda model: (model.purpose is None, model.purpose != "default", model.relative_work or 0))
    rows = [_FOR, *map(_purpose_row, chosen)]
    table = [*_table(rows)]
    is_narrow = width is not None and max(map(len, table)) > width
    yield from _stacked(rows) if is_narrow else table
    yield ""
    for sentence in _LEGEND:
        yield from textwrap.wrap(sentence, min(width or _LEGEND_WIDTH, _LEGEND_WIDTH), break_on_hyphens=False)


def model_lines(models: Sequence[ListedModel]) -> Iterator[str]:
    """Yield a line of headings, a line for each model, and a legend; a star marks the library's default model."""
    yield from _table([_HEADINGS, *map(_row, models)])
    yield "* is the default. Parameters: in millions, image + text tower. Accuracy: in percent, as published by the"
    yield "authors, not measured by mcsearch: ImageNet zero-shot top-1, text-to-image recall@1 on Flickr30k and COCO."


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    used = [column for column in range(len(rows[0])) if any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in used}
    for row in rows:
        yield "  ".join(row[column].ljust(widths[column]) for column in used).rstrip()


def _stacked(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table in which the first and the last column stand on a line above each row but the headings."""
    headings, *lines = _table([row[1:-1] for row in rows])
    yield f"  {headings}"
    for (first, *_, last), line in zip(rows[1:], lines, strict=True):
        yield ", ".join(part for part in (first, last) if part)
        yield f"  {line}"


def _purpose_row(model: ListedModel) -> tuple[str, ...]:
    return (
        model.purpose or "",
        model.name,
        "*" if model.default else "",
        model.languages,
        _figure(model.published_imagenet_top1),
        _figure(model.published_coco_recall1),
        _size(model),
        "" if model.relative_work is None else f"{model.relative_work:g}x",
        model.licence,
        _here(model),
    )


def _row(model: ListedModel) -> tuple[str, ...]:
    return (
        "*" if model.default else "",
        model.name,
        _figure(model.year),
        f"{model.image_parameters_m} + {model.text_parameters_m}" if model.image_parameters_m else "",
        _figure(model.published_imagenet_top1),
        _figure(model.published_flickr30k_recall1),
        _figure(model.published_coco_recall1),
        _size(model),
        model.licence,
        _here(model),
    )


def _size(model: ListedModel) -> str:
    if model.on_disk_bytes:
        return shown_size(model.on_disk_bytes)
    return f"~{shown_size(model.download_bytes)}" if model.download_bytes else ""


def _here(model: ListedModel) -> str:
    here = ["on disk"] if model.on_disk_bytes else []
    return ", ".join([*here, *([counted(model.photos, "photo")] if model.photos else [])])


def _figure(value: float | None) -> str:
    return "" if value is None else str(value)
