"""What a Google export says about photos reaches the library, also when its JSON comes later."""

import json
from pathlib import Path

from PIL import Image

from mcsearch import Library
from mcsearch.photos.formats import format_of
from tests.support.runs import files, run

STATED = {
    "title": "a.jpg",
    "description": "At the tower",
    "photoTakenTime": {"timestamp": "1696573800"},
    "geoData": {"latitude": 48.8583736, "longitude": 2.291901, "altitude": 82.09},
    "people": [{"name": "Marie Curie"}],
    "favorited": True,
}


def test_photos_are_read_again_when_a_json_comes_changes_or_goes(few: Path, tmp_path: Path, library: Library) -> None:
    folder = tmp_path / "Photos from 2023"
    folder.mkdir()
    with Image.open(next(file for file in files(few) if format_of(file.name))) as photo:
        for name in ("a.jpg", "a-edited.jpg", "IMG_1.jpg", "IMG_E1.jpg"):
            photo.convert("RGB").save(folder / name)  # without metadata
    (folder / "IMG_1.AAE").touch()
    run(library, folder)
    assert library.show(folder / "IMG_E1.jpg").companions == (str(folder / "IMG_1.jpg"),)
    assert library.show(folder / "IMG_1.jpg").path == str(folder / "IMG_1.jpg"), "the original is a photo of its own"

    described = folder / "a.jpg.supplemental-metadata.json"
    described.write_text(json.dumps(STATED))
    run(library, folder)
    for name in ("a.jpg", "a-edited.jpg"):
        found = library.show(folder / name)
        assert found.facts is not None
        assert (found.facts.taken_from, found.facts.caption, found.facts.rating) == ("takeout", "At the tower", 5)
        assert [(tag.label, tag.source) for tag in found.tags] == [("Marie Curie", "person")]
        assert found.sidecars == (str(described),)
    assert len(library.find(filters={"near": "48.858,2.29", "tag": "marie curie", "rating": 5, "on": "10-06"})) == 2

    described.write_text(json.dumps(STATED | {"description": "Paris"}))
    run(library, folder)
    found = library.show(folder / "a.jpg")
    assert found.facts is not None
    assert found.facts.caption == "Paris"

    with Image.open(folder / "a.jpg") as photo:
        photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "new.jpg")
    (folder / "new.jpg.json").write_text(json.dumps(STATED))
    assert run(library, folder).failed == 0
    found = library.show(folder / "new.jpg")
    assert found.facts is not None
    assert found.facts.taken_from == "takeout", "a photo that is decoded with its JSON beside it"

    (folder / "IMG_1.jpg.json").write_text("{malformed")
    assert run(library, folder).facts_read == 1
    assert library.show(folder / "IMG_1.jpg").sidecars == ()

    described.unlink()
    run(library, folder)
    found = library.show(folder / "a.jpg")
    assert found.facts is not None
    assert found.facts.caption is None
    assert found.sidecars == ()
