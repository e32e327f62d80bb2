"""A connection to a Ray cluster: one that runs already, or one of this machine alone, started for the purpose."""

import contextlib
import importlib
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from mcsearch.errors import McsearchError, UsageError

# "auto" is the cluster that this machine belongs to; "local" starts one here.
ADDRESSES = ("auto", "local")
_HOST_AND_PORT = re.compile(r"[\w.-]+:\d{1,5}|\[[0-9A-Fa-f:]+\]:\d{1,5}", re.ASCII)
# A local cluster listens on loopback only, answers only who knows its token, and tells nobody that it exists. Ray reads
# these variables when it is imported.
_PRIVATE = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
# A cluster that was stopped is still named in a file, and Ray would try for a quarter of an hour to reach it.
_IMPATIENT = {"RAY_gcs_server_port_wait_time_s": "1", "RAY_py_gcs_connect_timeout_s": "10"}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
_OBJECT_STORE_BYTES = 200_000_000
_ANSWER_S = 5.0
_HEAD_ANSWER_S = 30.0
_LAST_PORT = 65535
# A frame of HTTP/2: 24 bits for its length, its type, flags, and the number of its stream.
_NO_SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


@dataclass(frozen=True, slots=True)
class ClusterNode:
    """A machine of the cluster, with its processors and GPUs as Ray counts them."""

    id: str
    name: str
    processors: int
    gpus: int


def is_address(text: str) -> bool:
    """Return whether a text is the address of a cluster: one of ADDRESSES, or HOST:PORT."""
    return text in ADDRESSES or _HOST_AND_PORT.fullmatch(text) is not None


class Connection:
    """A connection to a cluster. Close it: the actors that were started through it end, and a local cluster, too."""

    def __init__(self, address: str = "auto") -> None:
        """Connect. Raises UsageError if that is not possible."""
        if not is_address(address):
            raise UsageError(f"{address!r} is not the address of a Ray cluster: it is auto, local or HOST:PORT.")
        self._stack = contextlib.ExitStack()
        self._is_headless = False
        token = {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self._stack.enter_context(_variables(_PRIVATE | (_LOOPBACK | token if address == "local" else _IMPATIENT)))
        try:
            self.ray = _imported()
            if not self.ray.is_initialized():  # else the calling program has connected, and stays so
                self._connect(address)
                self._stack.callback(self._disconnect)
        except BaseException:
            self._stack.close()
            raise

    def nodes(self) -> list[ClusterNode]:
        """Return the nodes that are alive and have processors. Raises McsearchError if the head does not answer."""
        answer: Future[list[dict[str, Any]]] = Future()
        # Ray would wait for a minute, deaf to Ctrl-C, and then end the whole process.
        threading.Thread(target=self._ask_for_nodes, args=(answer,), name="nodes", daemon=True).start()
        try:
            known = answer.result(_HEAD_ANSWER_S)
        except TimeoutError:
            self._is_headless = True
            raise McsearchError(
                "The head of the cluster does not answer any more.",
                hint="What is finished stays. Run the same command again when the cluster is there again.",
            ) from None
        alive = [node for node in known if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        return [
            ClusterNode(
                node["NodeID"], _name(node), int(node["Resources"]["CPU"]), int(node["Resources"].get("GPU", 0))
            )
            for node in alive
        ]

    def start(self, actor: type, node: ClusterNode, processors: int, gpus: int, *arguments: Any) -> Any:
        """Start an actor on a node as soon as it has as many processors and GPUs free; return its handle at once."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(node.id, soft=False)
        options = {"num_cpus": processors, "num_gpus": gpus, "scheduling_strategy": here, "max_restarts": 0}
        return self.ray.remote(actor).options(**options).remote(*arguments)

    def end(self, actor: Any) -> None:
        """Kill an actor. Without a head that is not possible, and it ends when this process does."""
        if self._is_headless:
            return
        with contextlib.suppress(Exception):  # it, or the whole cluster, is gone already
            self.ray.kill(actor)

    def close(self) -> None:
        """Disconnect. It may be called again."""
        self._stack.close()

    def _ask_for_nodes(self, answer: "Future[list[dict[str, Any]]]") -> None:
        try:
            answer.set_result(self.ray.nodes())
        except Exception as error:  # noqa: BLE001 (raised again in the caller's thread)
            answer.set_exception(error)

    def _disconnect(self) -> None:
        if not self._is_headless:
            self.ray.shutdown()

    def _connect(self, address: str) -> None:
        quiet = {"log_to_driver": False, "logging_level": "CRITICAL"}
        # Ray tells of lost nodes on stdout, where results go; the run says what matters of them as warnings.
        with contextlib.suppress(ImportError):
            importlib.import_module("ray._private.worker").print_to_stdstream = _say_nothing  # type: ignore[attr-defined]
        try:
            if address not in ADDRESSES:
                _knock(address)
            if address == "local":
                self.ray.init(
                    address="local", include_dashboard=False, object_store_memory=_OBJECT_STORE_BYTES, **quiet
                )
            else:
                self.ray.init(address=address, **quiet)
        except (RuntimeError, ValueError, OverflowError, OSError) as error:
            first = str(error).strip().partition("\n")[0].partition(". ")[0].rstrip(".")
            raise UsageError(
                f"No Ray cluster answers at {address}: {first}." if address not in ADDRESSES
                else f"There is no Ray cluster to join: {first}.",
                hint="To start one here: ray start --head --disable-usage-stats, or use --ray local.",
            ) from error  # fmt: skip


def _knock(address: str) -> None:
    """Raise OSError unless something that speaks HTTP/2, as Ray does, answers at an address; Ray would try for long."""
    host, _, port = address.rpartition(":")
    if int(port) > _LAST_PORT:
        raise OSError(f"there is no port {port}")
    with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_S) as connection:
        if os.environ.get("RAY_USE_TLS", "0") in ("", "0"):
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _NO_SETTINGS)
            if connection.recv(9)[3:4] != _NO_SETTINGS[3:4]:
                raise OSError("what answers there is something else")


def _say_nothing(*_message: Any, **_options: Any) -> None:
    pass


def _imported() -> Any:
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError:
        raise UsageError("A cluster needs Ray.", hint="To install it: pip install 'mcsearch[ray]'") from None


def _name(node: dict[str, Any]) -> str:
    """Return the name that was given to a node, or else that of its machine."""
    name, address = str(node["NodeName"]), str(node["NodeManagerAddress"])
    return name if name != address else str(node["NodeManagerHostname"])


@contextlib.contextmanager
def _variables(wanted: dict[str, str]) -> Iterator[None]:
    """Set environment variables for as long as the block runs, except those that the user has set."""
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
