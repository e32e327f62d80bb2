"""Read labels, from files or one by one, and assign them to tag sets.

A labels file has one label per line, such as `dog` or `beach = a sandy beach | the seaside` with the prompts to use.
`animals > dog` is the label `dog` below `animals`; prompts are made from its last word only.
A `#` at the start of a line or after a space begins a comment.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.levels import LEVELS, leaf, tidy_label
from mcsearch.models.prompts import label_prompts

_COMMENT = re.compile(r"(^|\s)#.*")


STDIN = Path("-")
MANUAL = "manual"  # the set of the tags added by hand
TAUGHT = "taught"  # the set of the labels learnt from examples
EVERYDAY = Path(__file__).with_name("everyday.txt")  # the labels that come with the program


@dataclass(frozen=True, slots=True)
class Label:
    """A label, the prompts whose mean vector represents it, and the set that its tags belong to.

    The name of a label below others is its path: "animals > dog".
    """

    name: str
    prompts: tuple[str, ...]
    set: str = "labels"


def wanted_labels(file: Path | None, lines: Sequence[str], set_name: str | None) -> list[Label]:
    """Return the labels of a file (`-` is standard input) followed by those of `lines`, each with its set.

    Without `set_name`, the set of a file's labels is the file's name without its suffix, and each label of `lines`
    forms its own set. Raises UsageError for a bad set name, and as `read_labels` does.
    """
    labels: list[Label] = []
    if file is not None:
        file_set = set_name if set_name is not None else ("stdin" if file == STDIN else file.stem)
        labels += (replace(label, set=file_set) for label in read_labels(file))
    for line in lines:
        label = read_label(line.strip(), "--label")
        labels.append(replace(label, set=f"label:{label.name}" if set_name is None else set_name))
    for name in {label.set for label in labels}:
        if not name.strip() or name in (MANUAL, TAUGHT):
            raise UsageError(
                f"A tag set cannot be named {name!r}.", hint="Give another name, for instance --set animals."
            )
    seen: set[str] = set()
    for label in labels:
        if (name := label.name.casefold()) in seen:
            raise UsageError(f"The label {label.name!r} is given twice.")
        seen.add(name)
    return labels


def read_labels(file: Path) -> list[Label]:
    """Return the labels of a UTF-8 file, in the order of the file.

    Raises UsageError, with the line number, for a file that is missing, has no labels or is not UTF-8, for a label
    that occurs twice (ignoring case), and for an empty label or prompt.
    """
    shown = "standard input" if file == STDIN else file
    labels: dict[str, tuple[int, Label]] = {}
    for number, line in enumerate(_lines(file), start=1):
        text = _COMMENT.sub("", line).strip()
        if not text:
            continue
        label = read_label(text, f"{shown}, line {number}")
        earlier, _ = labels.setdefault(label.name.casefold(), (number, label))
        if earlier != number:
            raise UsageError(f"{shown}, line {number}: the label {label.name!r} is already on line {earlier}.")
    if not labels:
        raise UsageError(f"There are no labels in {shown}. Write one label on each line, for instance: dog")
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


def read_label(text: str, place: str) -> Label:
    """Return the label that a line of a labels file describes. Raises UsageError that begins with `place`."""
    name, equals, rest = text.partition("=")
    name = tidy_label(name)
    if not name:
        problem = "there is no label before the equals sign" if equals else "the label is empty"
        raise UsageError(f"{place}: {problem}.")
    if not all(name.split(LEVELS)):
        raise UsageError(f"{place}: {name!r} has an empty level. For instance: animals > dog")
    if not equals:
        return Label(name, tuple(label_prompts(leaf(name))))
    prompts = tuple(" ".join(prompt.split()) for prompt in rest.split("|"))
    if not all(prompts):
        raise UsageError(f"{place}: {name!r} has an empty prompt. For instance: beach = a beach | the seaside")
    return Label(name, prompts)
