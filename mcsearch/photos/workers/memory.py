"""How much memory decode workers may take, all together and each, and the largest picture that fits into it."""

import ctypes
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GIB = 1024**3
EACH_AT_MOST_BYTES = 4 * GIB
# Below this a worker could hardly decode a photo; there are fewer workers instead.
EACH_AT_LEAST_BYTES = GIB // 2
# What a worker that reads text takes for a crowded page, and the address space that OpenVINO needs for that.
_READING_BYTES, _READING_ADDRESSES_BYTES = 3 * GIB // 2, 3 * GIB
# For the system, the image tower and the library, on machines that have as much.
_OTHERS_BYTES = 3 * GIB
_ASSUMED_BYTES = 4 * GIB
_BYTES_PER_PIXEL = 8
MEGAPIXELS_AT_LEAST, _MEGAPIXELS_AT_MOST = 250, 1000


@dataclass(frozen=True, slots=True)
class Shares:
    """The number of workers that fit into memory, the bytes each may take, and those that one may take alone."""

    workers: int
    each_bytes: int
    alone_bytes: int


def shares(workers: int, machine_bytes: int | None = None) -> Shares:
    """Return how `workers` processes share the memory of this machine; they may be fewer if it has too little."""
    machine = memory_bytes() if machine_bytes is None else machine_bytes
    budget = _budget(machine)
    fitting = max(1, min(workers, budget // EACH_AT_LEAST_BYTES))
    each = min(EACH_AT_MOST_BYTES, budget // fitting)
    return Shares(fitting, each, max(each, budget))


def shares_to_read(workers: int, machine_bytes: int | None = None) -> Shares:
    """Return how `workers` processes that read text share the memory of this machine; with less, reading would fail."""
    budget = _budget(memory_bytes() if machine_bytes is None else machine_bytes)
    fitting = max(1, min(workers, budget // _READING_BYTES))
    return Shares(fitting, _READING_ADDRESSES_BYTES, max(_READING_ADDRESSES_BYTES, budget))


def default_megapixels(machine_bytes: int | None = None) -> int:
    """Return the size of the largest picture to decode on this machine, in megapixels."""
    alone = shares(1, machine_bytes).alone_bytes
    return max(MEGAPIXELS_AT_LEAST, min(_MEGAPIXELS_AT_MOST, alone // _BYTES_PER_PIXEL // 1_000_000))


def _budget(machine_bytes: int) -> int:
    return max(machine_bytes // 2, machine_bytes - _OTHERS_BYTES)


def memory_bytes() -> int:
    """Return the memory that this process may use: that of the machine, or of its control group if that is less."""
    return min((_physical_bytes(), *_group_limits()))


def _physical_bytes() -> int:
    if sys.platform == "win32":
        return _windows_bytes()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return _ASSUMED_BYTES


def _windows_bytes() -> int:
    status = (ctypes.c_uint64 * 8)(64)  # MEMORYSTATUSEX: its length with a percentage, and seven numbers
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(status):  # type: ignore[attr-defined,unused-ignore]
        return _ASSUMED_BYTES
    return status[1]


def _group_limits(groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")) -> Iterator[int]:
    """Yield the limits of the control groups that this process is in, of either version."""
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        base, name = (mounted, "memory.max") if not controllers else (mounted / "memory", "memory.limit_in_bytes")
        if controllers and "memory" not in controllers.split(","):
            continue
        folder = base / path.lstrip("/")
        for group in (folder, *folder.parents):
            if group != base and base not in group.parents:
                break
            try:
                limit = (group / name).read_text().strip()
            except OSError:
                continue
            if limit.isdecimal():
                yield int(limit)
