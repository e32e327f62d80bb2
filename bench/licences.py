"""make licences: the licence of each package that mcsearch needs, as the packages themselves state it."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution


def licence_of(package: Distribution) -> str:
    """Return the licence that a package states: its SPDX expression, else its classifiers, else its first words."""
    stated = package.metadata.get_all("License-Expression") or []
    if not stated:
        classifiers = package.metadata.get_all("Classifier") or []
        stated = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
    if not stated:
        stated = [text.strip().partition("\n")[0][:60] for text in package.metadata.get_all("License") or []]
    return ", ".join(stated) or "not stated"


def needed(name: str, known: set[str] | None = None) -> Iterator[Distribution]:
    """Yield an installed package and all installed packages that it needs, also by its extras, each once."""
    known = set() if known is None else known
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in known:
        return
    known.add(key)
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    yield package
    for requirement in package.requires or []:
        if name == "mcsearch" or "extra ==" not in requirement:
            yield from needed(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0], known)


if __name__ == "__main__":
    for package in sorted(needed("mcsearch"), key=lambda one: one.metadata["Name"].lower()):
        print(f"{package.metadata['Name']:32}  {package.version:14}  {licence_of(package)}")
