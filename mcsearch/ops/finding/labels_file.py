"""Read labels: a label a line, `#` comments, `label = a prompt | another prompt`; and name the sets they are in."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.models.prompts import label_prompts

_COMMENT = re.compile(r"(^|\s)#.*")


STDIN = Path("-")
MANUAL = "manual"  # the set of tags given by hand


@dataclass(frozen=True, slots=True)
class Label:
    """A candidate word, the prompts whose mean vector stands for it, and the set that its tags are in."""

    name: str
    prompts: tuple[str, ...]
    set: str = "labels"


def wanted_labels(file: Path | None, lines: Sequence[str], set_name: str | None) -> list[Label]:
    """The labels of a file and those of lines of their own, each with its set; `-` is standard input.

    The set is the one named, else the name of the file without its suffix; a label that is not from a file is a set
    of its own. Raises UsageError as `read_labels` does.
    """
    labels: list[Label] = []
    if file is not None:
        of_file = set_name if set_name is not None else ("stdin" if file == STDIN else file.stem)
        labels += (replace(label, set=of_file) for label in read_labels(file))
    for line in lines:
        label = _label(line.strip(), "--label")
        labels.append(replace(label, set=f"label:{label.name}" if set_name is None else set_name))
    for name in {label.set for label in labels}:
        if not name.strip() or name == MANUAL:
            raise UsageError(f"A set of tags cannot be named {name!r}. A name such as animals works: --set animals")
    names = [label.name.casefold() for label in labels]
    for label in labels:
        if names.count(label.name.casefold()) > 1:
            raise UsageError(f"The label {label.name!r} is given twice.")
    return labels


def read_labels(file: Path) -> list[Label]:
    """The labels of a UTF-8 file, in its order.

    Raises UsageError, with the line number, for a file that is missing, empty or not UTF-8, for a
    label that comes twice (in any case), and for a label or prompt that is empty.
    """
    shown = "standard input" if file == STDIN else file
    labels: dict[str, tuple[int, Label]] = {}
    for number, line in enumerate(_lines(file), start=1):
        text = _COMMENT.sub("", line).strip()
        if not text:
            continue
        label = _label(text, f"{shown}, line {number}")
        earlier, _ = labels.setdefault(label.name.casefold(), (number, label))
        if earlier != number:
            raise UsageError(f"{shown}, line {number}: the label {label.name!r} is on line {earlier} already.")
    if not labels:
        raise UsageError(f"{shown} holds no labels. Write one on each line, for instance: dog")
    return [label for _, label in labels.values()]


def _lines(file: Path) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if file == STDIN else file.read_bytes()
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
        missing = "there is no label before the equals sign" if equals else "an empty label fits nothing"
        raise UsageError(f"{place}: {missing}.")
    if not equals:
        return Label(name, tuple(label_prompts(name)))
    prompts = tuple(" ".join(prompt.split()) for prompt in rest.split("|"))
    if not all(prompts):
        raise UsageError(f"{place}: {name!r} has an empty prompt. Write them as: beach = a sandy beach | the seaside")
    return Label(name, prompts)
