"""The levels of labels: "animals > dog" is the label "dog" below "animals"."""

import re

LEVELS = " > "
# Without spaces beside it, a > is a part of the label, as in "<3" and "C->D".
_BETWEEN_LEVELS = r"(?:^|\s)>(?=\s|$)"
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")  # which XMP cannot hold


def tidy_label(label: str) -> str:
    """Return a label as typed by the user, with surplus spaces removed and its levels separated by LEVELS.

    Control characters count as spaces. The result is empty if the label has no words, and has an empty level if a `>`
    has nothing beside it.
    """
    levels = [" ".join(level.split()) for level in re.split(_BETWEEN_LEVELS, label.translate(_CONTROLS))]
    return LEVELS.join(levels) if any(levels) else ""


def leaf(label: str) -> str:
    """Return the last level of a label: "dog" of "animals > dog"."""
    return label.rpartition(LEVELS)[2]


def is_within(label: str, other: str) -> bool:
    """Return whether a label is another one, or below it: "animals > dog" is within "animals", and within "dog"."""
    return f"{LEVELS}{other.lower()}{LEVELS}" in f"{LEVELS}{label.lower()}{LEVELS}"
