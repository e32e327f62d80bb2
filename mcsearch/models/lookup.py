"""Find a model by the name that the user gives."""

from mcsearch.errors import UsageError
from mcsearch.likeness import did_you_mean
from mcsearch.models import hub
from mcsearch.models.catalog import MODELS, Model
from mcsearch.models.reference.other_models import CONFIGURATION, HUB_PREFIX, row_of


def find_model(name: str) -> Model:
    """Find a model by its name in the catalog, as "ARCHITECTURE:TAG" of open_clip, or as "hf-hub:ORG/REPO".

    Raises UsageError that lists the names that work, ModelError when a repository cannot be had.
    """
    if name in MODELS:
        return MODELS[name]
    if ":" in name:
        return row_of(name)
    raise UsageError(
        f"There is no model named {name!r}.{did_you_mean(name, MODELS)} There are: {', '.join(MODELS)}; "
        "ARCHITECTURE:TAG of open_clip; and hf-hub:ORG/REPO."
    )


def find_model_on_disk(name: str) -> Model | None:
    """Find a model as `find_model` does, without using the network; None if its configuration is not on this disk."""
    if name.startswith(HUB_PREFIX) and hub.on_disk(name.removeprefix(HUB_PREFIX), CONFIGURATION) is None:
        return None
    return find_model(name)
