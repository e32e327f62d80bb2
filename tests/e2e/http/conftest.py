"""A library of a few painted photos with facts and hostile names, and a server for it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcsearch import Library, settings
from tests.support.runs import run
from tests.support.served import Served, serving

HOSTILE_NAMES = ("<img src=x onerror=alert(1)>.jpg", "'; DROP TABLE photos; --.jpg", "a\"b'c.jpg")


@dataclass(frozen=True)
class Indexed:
    """An indexed library: its file, the cache, the folder of its photos, and a file outside that it must not show."""

    file: Path
    cache: Path
    photos: Path
    secret: Path


@pytest.fixture(scope="session")
def indexed(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """A library of twelve photos in the demo model."""
    home = tmp_path_factory.mktemp("served")
    photos = home / "photos"
    sources = sorted(painted.rglob("*.jpg"))[:12]
    for number, source in enumerate(sources):
        target = photos / source.parent.name / source.name
        if number < len(HOSTILE_NAMES):
            target = photos / "hostile" / HOSTILE_NAMES[number]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    shutil.copy2(sources[-1], photos / "copy.jpg")
    secret = home / "secret.txt"
    secret.write_text("secret")
    with Library(home / "library.db") as library:
        run(library, photos)
    return Indexed(home / "library.db", settings.cache_folder(), photos, secret)


@pytest.fixture(scope="module")
def served(indexed: Indexed) -> Iterator[Served]:
    """A server for the library."""
    with serving(indexed.file, indexed.cache) as running:
        yield running


@pytest.fixture(scope="module")
def ids(served: Served) -> dict[str, str]:
    """The ids of all photos by the name of their files."""
    hits = served.client.get("/api/v1/search").json()["hits"]
    return {Path(hit["path"]).name: hit["id"] for hit in hits}
