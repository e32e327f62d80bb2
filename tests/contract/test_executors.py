"""Worker processes on this machine keep the contract of an executor; tests/ray holds the nodes of a cluster to it."""

from pathlib import Path

from mcsearch.ops.indexing.executor import Executor
from mcsearch.ops.indexing.pipeline import Pipeline
from mcsearch.ops.model import ModelInUse
from mcsearch.settings import cache_folder
from tests.support.executors import keeps_the_contract


def test_the_pipeline_of_one_machine(photos: Path) -> None:
    def make(_folder: Path) -> Executor:
        return Pipeline(ModelInUse("demo", cache=cache_folder()), 2, None)

    keeps_the_contract(make, photos)
