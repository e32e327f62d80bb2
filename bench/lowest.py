"""make test-lowest: which packages here are not of the lowest version that pyproject.toml names for them.

An installer takes a higher one if another package needs that; then nothing shows that the named one works.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version


def untested(stated: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each of these requirements of which not the lowest version is installed."""
    for requirement in map(Requirement, stated):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        lowest = next(Version(one.version) for one in requirement.specifier if one.operator in (">=", "=="))
        installed = Version(version(requirement.name))
        if installed.release[: len(lowest.release)] != lowest.release:
            yield f"{requirement.name}: pyproject.toml names {lowest}, and {installed} is what is tested."


if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    of_project = project["project"]
    sentences = list(
        untested(
            [
                *of_project["dependencies"],
                *of_project["optional-dependencies"]["web"],
                *project["dependency-groups"]["test"],
            ]
        )
    )
    print("\n".join(sentences) or "All are of the lowest version.")
    sys.exit(bool(sentences))
