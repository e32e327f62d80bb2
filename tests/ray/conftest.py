"""A Ray cluster of several node processes on this machine, on loopback only."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

# Ray reads these when it is imported.
os.environ.update(
    RAY_USAGE_STATS_ENABLED="0",
    RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",  # loopback only
    RAY_ENABLE_UV_RUN_RUNTIME_ENV="0",
    RAY_AUTH_MODE="token",
    RAY_AUTH_TOKEN=secrets.token_hex(32),
    RAY_health_check_initial_delay_ms="1000",
    RAY_health_check_period_ms="1000",
    RAY_health_check_failure_threshold="8",
)
pytest.importorskip("ray")

from mcsearch.ops.cluster.connection import Connection

STORE_BYTES = 100_000_000
# `ray start` refuses to stay on loopback unless it takes that for the address of this machine.
_START = """
from ray._private import services
services.get_node_ip_address = lambda *_: "127.0.0.1"
from ray.scripts.scripts import main
main()
"""


@pytest.fixture(scope="session")
def cluster(_own_home: None) -> Iterator[Any]:
    """A cluster whose head has no processors: a test adds the nodes that it needs, and removes them."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def nodes(cluster: Any) -> Iterator["Nodes"]:
    """Adds nodes to the cluster; they are removed after the test."""
    nodes = Nodes(cluster)
    yield nodes
    for node in list(nodes.alive):
        nodes.kill(node)


class Nodes:
    """The nodes of a test; `kill` ends one without a farewell, `address` is where the cluster answers."""

    def __init__(self, cluster: Any) -> None:
        self._cluster, self.alive, self.address = cluster, list[Any](), cluster.address

    def add(self, name: str, processors: int = 1) -> None:
        """Start a node process."""
        self.alive.append(
            self._cluster.add_node(num_cpus=processors, node_name=name, object_store_memory=STORE_BYTES, wait=False)
        )

    def add_apart(self, name: str, mounted: str) -> None:
        """Start a node that has another view of the disk: `mounted` are the arguments of a `mount` before it starts."""
        if subprocess.run(["unshare", "-rm", "mount", *mounted.split()], capture_output=True).returncode:
            pytest.skip("This system lets nobody mount in a namespace of their own.")
        start = f"start --block --address={self.address} --num-cpus=1 --object-store-memory={STORE_BYTES}"
        shell = f'mount {mounted} && exec {sys.executable} -c "$START" {start} --node-name={name}'
        process = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", shell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env={**os.environ, "START": _START, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1"},
        )  # fmt: skip
        self.alive.append(process)
        with contextlib.closing(Connection(self.address)) as connection:
            deadline = time.monotonic() + 90
            while name not in {node.name for node in connection.nodes()}:
                assert time.monotonic() < deadline, f"{name} does not join"
                time.sleep(0.2)

    def wait(self) -> None:
        """Wait until all nodes have joined."""
        self._cluster.wait_for_nodes()

    def kill(self, node: Any) -> None:
        """Kill a node's process and all that run on it."""
        self.alive.remove(node)
        if isinstance(node, subprocess.Popen):
            os.killpg(node.pid, signal.SIGKILL)
            node.wait()
        else:
            self._cluster.remove_node(node, allow_graceful=False)
