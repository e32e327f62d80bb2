"""From the name that --model takes to the row of a model."""

from mcsearch.errors import UsageError
from mcsearch.models.catalog import MODELS, Model
from mcsearch.models.reference.other_models import row_of


def find_model(name: str) -> Model:
    """The row of that name; also "ARCHITECTURE:TAG" of open_clip and "hf-hub:ORG/REPO", which are looked up there.

    Raises UsageError, naming those there are.
    """
    if name in MODELS:
        return MODELS[name]
    if ":" in name:
        return row_of(name)
    raise UsageError(
        f"There is no model named {name!r}. There are: {', '.join(MODELS)}; ARCHITECTURE:TAG of open_clip; and "
        "hf-hub:ORG/REPO."
    )
