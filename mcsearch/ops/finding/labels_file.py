"""Read a labels file: a label a line, `#` comments, `label = a prompt | another prompt`."""

import re
from dataclasses import dataclass
from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.models.prompts import label_prompts

_COMMENT = re.compile(r"(^|\s)#.*")


@dataclass(frozen=True, slots=True)
class Label:
    """A candidate word and the prompts whose mean vector stands for it."""

    name: str
    prompts: tuple[str, ...]


def read_labels(file: Path) -> list[Label]:
    """The labels of a UTF-8 file, in its order.

    Raises UsageError, with the line number, for a file that is missing, empty or not UTF-8, for a
    label that comes twice (in any case), and for a label or prompt that is empty.
    """
    labels: dict[str, tuple[int, Label]] = {}
    for number, line in enumerate(_lines(file), start=1):
        text = _COMMENT.sub("", line).strip()
        if not text:
            continue
        label = _label(text, f"{file}, line {number}")
        earlier, _ = labels.setdefault(label.name.casefold(), (number, label))
        if earlier != number:
            raise UsageError(f"{file}, line {number}: the label {label.name!r} is on line {earlier} already.")
    if not labels:
        raise UsageError(f"{file} holds no labels. Write one on each line, for instance: dog")
    return [label for _, label in labels.values()]


def _lines(file: Path) -> list[str]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"The labels file {file} cannot be read: {error.strerror}.") from error
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}, line {number}: not UTF-8. Save the labels file as UTF-8 text.") from None


def _label(text: str, place: str) -> Label:
    name, equals, rest = text.partition("=")
    name = " ".join(name.split())
    if not name:
        raise UsageError(f"{place}: there is no label before the equals sign.")
    if not equals:
        return Label(name, tuple(label_prompts(name)))
    prompts = tuple(" ".join(prompt.split()) for prompt in rest.split("|"))
    if not all(prompts):
        raise UsageError(f"{place}: {name!r} has an empty prompt. Write them as: beach = a sandy beach | the seaside")
    return Label(name, prompts)
