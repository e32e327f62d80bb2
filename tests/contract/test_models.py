"""What holds for every row of MODELS."""

import pytest

from mcsearch.models.catalog import DEFAULT_MODEL, MODELS, PURPOSES, Model
from mcsearch.models.prompts import TEMPLATES
from mcsearch.models.reference.open_clip_import import import_open_clip

rows = pytest.mark.parametrize("row", MODELS.values(), ids=MODELS)


def test_the_default_is_a_row() -> None:
    assert DEFAULT_MODEL in MODELS


@rows
def test_the_architecture_is_known_and_has_the_row_s_shape(row: Model) -> None:
    config = import_open_clip().get_model_config(row.architecture)
    assert config["embed_dim"] == row.dimensions
    assert config["vision_cfg"]["image_size"] == row.preprocessing.framing.size


@rows
def test_the_preprocessing_is_the_checkpoint_s_own(row: Model) -> None:
    """open_clip's table of checkpoints is the second source; ours must not have drifted from it."""
    import_open_clip()
    from open_clip.pretrained import _PRETRAINED

    published = [
        facts
        for facts in _PRETRAINED.get(row.architecture, {}).values()
        if facts["hf_hub"].rstrip("/") == row.repository
    ]
    if not published:  # the demo model, and those checkpoints of Apple's that open_clip has no tag for
        assert row.repository == "" or row.file.endswith(".pt")
        return
    assert len(published) == 1
    assert published[0]["mean"] == row.preprocessing.mean
    assert published[0]["std"] == row.preprocessing.std
    assert published[0]["interpolation"] == row.preprocessing.framing.interpolation
    assert published[0]["resize_mode"] == row.preprocessing.framing.resize_mode


def test_every_purpose_names_a_row_of_its_own() -> None:
    assert {purpose.model for purpose in PURPOSES} <= set(MODELS)
    assert len({purpose.model for purpose in PURPOSES}) == len(PURPOSES)
    assert len({purpose.purpose for purpose in PURPOSES}) == len(PURPOSES)
    assert [purpose.model for purpose in PURPOSES if purpose.purpose == "default"] == [DEFAULT_MODEL]
    free = [purpose.model for purpose in PURPOSES if purpose.purpose == "commercial use"]
    assert [MODELS[name].licence for name in free] == ["MIT"]


def test_the_templates_are_open_clip_s_simple_ones() -> None:
    published = [template("x") for template in import_open_clip().SIMPLE_IMAGENET_TEMPLATES]
    assert [template.format("x") for template in TEMPLATES] == published
