"""A run on a cluster stores what a run on one machine stores, whatever happens to the nodes."""

import os
from pathlib import Path

import numpy as np

from mcsearch import Library, __version__
from mcsearch.ops.cluster.connection import Connection
from mcsearch.ops.cluster.executor import ClusterExecutor
from mcsearch.ops.cluster.messages import IndexingJob
from mcsearch.ops.indexing.executor import Executor
from mcsearch.ops.indexing.pipeline import Pipeline
from mcsearch.ops.model import ModelInUse
from mcsearch.settings import cache_folder
from tests.ray.conftest import Nodes
from tests.support.executors import keeps_the_contract
from tests.support.raw_files import dng
from tests.support.samples import encoded, photograph
from tests.support.tables import contents


def test_the_nodes_of_a_cluster_keep_the_contract_of_an_executor(nodes: Nodes, photos: Path) -> None:
    nodes.add("one")
    nodes.add("two")

    def make(folder: Path) -> Executor:
        model = ModelInUse("demo")
        job = IndexingJob(__version__, "demo", None, "auto", model.fingerprint, None)
        return ClusterExecutor(Connection(nodes.address), job, [str(folder)])

    there = keeps_the_contract(make, photos)
    here = keeps_the_contract(lambda _folder: Pipeline(ModelInUse("demo", cache=cache_folder()), 1, None), photos)
    assert there.keys() == here.keys()
    for path, one in there.items():
        assert one.content_hash == here[path].content_hash
        assert one.facts == here[path].facts
        assert np.array_equal(one.vector, here[path].vector)


def test_a_library_of_a_clustered_run_equals_a_local_one(nodes: Nodes, photos: Path, tmp_path: Path) -> None:
    nodes.add("one")
    nodes.add("two")
    whole = encoded(photograph("coffee.png"), "JPEG")
    (photos / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "empty.jpg").touch()
    (photos / "none.png").write_bytes(b"no picture")
    for number in range(2):
        Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9 %d.jpg" % number)).write_bytes(whole)
    (photos / "pair.dng").write_bytes(dng(photograph("coffee.png").resize((96, 64))))
    (photos / "pair.jpg").write_bytes(whole + b"another")
    (photos / "pair.xmp").write_bytes(Path("tests/data/metadata.xmp").read_bytes())
    with Library(tmp_path / "here.db") as library:
        library.index([photos], model="demo")
    with Library(tmp_path / "there.db") as library:
        report = library.index([photos], model="demo", ray=nodes.address)
    assert (report.embedded, report.failed, report.damaged) == (39, 2, 1)
    assert report.warnings == ()
    assert contents(tmp_path / "there.db") == contents(tmp_path / "here.db")
