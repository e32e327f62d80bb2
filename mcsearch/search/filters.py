"""Filters: what the user may ask of a photo besides words, as conditions with bound parameters."""

from mcsearch.paths import absolute, under
from mcsearch.records import Condition


def in_folder(folder: str) -> Condition:
    """The photo is the file named, or lies at any depth below the folder named."""
    return under(absolute(folder))


def has_tag(model_id: int, label: str) -> Condition:
    """The photo carries a label, assigned with the given model."""
    return Condition(
        "EXISTS (SELECT 1 FROM tags t WHERE t.model_id = ? AND t.label = ? AND t.content_id = p.content_id)",
        (model_id, label),
    )
