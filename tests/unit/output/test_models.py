"""The table of models fits the terminal, and has the same in it at every width."""

from mcsearch.ops.models import list_models
from mcsearch.output.models import purpose_lines


def test_the_table_of_models_fits_a_terminal_of_80_columns() -> None:
    models = list_models(None)
    wide, narrow = [*purpose_lines(models)], [*purpose_lines(models, 80)]
    assert max(map(len, wide)) > 80 >= max(map(len, narrow))
    table = wide[: wide.index("")]
    assert sorted(" ".join(table).split()) == sorted(" ".join(["for", *narrow[: narrow.index("")]]).split())
