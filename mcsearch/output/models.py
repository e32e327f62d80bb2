"""The list of models as a table of text."""

from collections.abc import Iterator, Sequence

from mcsearch.output.counts import counted, shown_size
from mcsearch.reports import ListedModel

_HEADINGS = ("", "name", "year", "parameters", "ImageNet", "Flickr30k", "COCO", "size", "licence", "here")


def model_lines(models: Sequence[ListedModel]) -> Iterator[str]:
    """Yield a line of headings, a line for each model, and a legend; a star marks the library's default model."""
    rows = [_HEADINGS, *(_row(model) for model in models)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        yield " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield "* is the default. Parameters: in millions, image + text tower. Accuracy: in percent, as published by the"
    yield "authors, not measured by mcsearch: ImageNet zero-shot top-1, text-to-image recall@1 on Flickr30k and COCO."


def _row(model: ListedModel) -> tuple[str, ...]:
    here = ["on disk"] if model.on_disk_bytes else []
    here += [counted(model.photos, "photo")] if model.photos else []
    size = model.on_disk_bytes or model.download_bytes
    return (
        "*" if model.default else "",
        model.name,
        _figure(model.year),
        f"{model.image_parameters_m} + {model.text_parameters_m}" if model.image_parameters_m else "",
        _figure(model.published_imagenet_top1),
        _figure(model.published_flickr30k_recall1),
        _figure(model.published_coco_recall1),
        ("" if model.on_disk_bytes else "~") + (shown_size(size) if size else ""),
        model.licence,
        ", ".join(here),
    )


def _figure(value: float | None) -> str:
    return "" if value is None else str(value)
