"""The table: what was measured, beside the peer and the limit."""

import datetime
import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_MARKS = ("<!-- figures: written by bench/run.py -->", "<!-- end of figures -->")


@dataclass(frozen=True)
class Target:
    """What a figure of a row has to be: "ours", "ratio" (ours / peer) or "share" (of the limit)."""

    of: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Row:
    """A line of the table. `unit` belongs to ours, the peer's and the limit's figure alike."""

    what: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    limit: float | None = None
    limit_name: str = ""
    targets: tuple[Target, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's."""
        return None if not self.peer else self.ours / self.peer

    @property
    def share(self) -> float | None:
        """How much of the limit is reached: ours / limit where more is better, limit / ours where less is."""
        if not self.limit or not self.ours:
            return None
        return self.ours / self.limit if self.unit.endswith("/s") else self.limit / self.ours

    def met(self, target: Target) -> bool:
        """Whether a target is met."""
        value = {"ours": self.ours, "ratio": self.ratio, "share": self.share}[target.of]
        assert value is not None, f"{self.what} has no {target.of}"
        return (target.at_least is None or value >= target.at_least) and (
            target.at_most is None or value <= target.at_most
        )


HEADINGS = ("what", "ours", "peer", "ratio", "limit", "share", "target", "met")


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed, in the order of HEADINGS."""
    peer = f"{_figure(row.peer, row.unit)} ({row.peer_name})" if row.peer is not None else ""
    limit = f"{_figure(row.limit, row.unit)} ({row.limit_name})" if row.limit is not None else ""
    return (
        row.what, _figure(row.ours, row.unit), peer, "" if row.ratio is None else f"{row.ratio:.3g} ×", limit,
        "" if row.share is None else f"{row.share:.0%}", ", ".join(_aim(row, target) for target in row.targets),
        ", ".join("yes" if row.met(target) else "NO" for target in row.targets),
    )  # fmt: skip


def lines(rows: Sequence[Row], times: Sequence[int] = ()) -> list[str]:
    """The table as Markdown whose columns stand below each other; with how often each row was measured, if given."""
    table: list[tuple[str, ...]] = [HEADINGS, *(cells(row) for row in rows)]
    if times:
        table = [(*line, runs) for line, runs in zip(table, ("runs", *map(str, times)), strict=True)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    padded = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in table]
    return [padded[0], "| " + " | ".join("-" * width for width in widths) + " |", *padded[1:]]


def machine() -> str:
    """The processor, its cores and the memory, in words."""
    processor, memory = platform.processor() or platform.machine(), ""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        named = [line.split(":", 1)[1].strip() for line in facts.read_text().splitlines() if line.startswith("model n")]
        processor = named[0] if named else processor
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB of memory"
    return f"{processor}, {os.cpu_count()} cores{memory}, {platform.system()}, Python {platform.python_version()}"


class Results:
    """The latest rows of each part, in a JSON file: a part that is measured again replaces its own."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._parts: dict[str, Any] = json.loads(file.read_bytes()) if file.exists() else {}

    def put(self, part: str, rows: Iterable[Row], times: int) -> None:
        """Keep the rows of a part, medians of so many runs, and write them to the file."""
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        figures = [{**asdict(row), "ratio": row.ratio, "share": row.share} for row in rows]
        self._parts[part] = {"date": date, "machine": machine(), "times": times, "rows": figures}
        self._file.write_text(json.dumps(self._parts, indent=1, ensure_ascii=False), encoding="utf-8")

    def write_docs(self, page: Path, order: Sequence[str]) -> None:
        """Replace what is between the marks of a page by the figures there are, part by part."""
        text = page.read_text(encoding="utf-8")
        before, rest = text.split(_MARKS[0])
        after = rest.split(_MARKS[1])[1]
        page.write_text(f"{before}{_MARKS[0]}\n\n{self._markdown(order)}\n{_MARKS[1]}{after}", encoding="utf-8")

    def _markdown(self, order: Sequence[str]) -> str:
        said: list[str] = []
        kept = [(part, self._parts[part]) for part in order if part in self._parts]
        for section in dict.fromkeys(part.split("/")[0] for part, _ in kept):
            of_section = [facts for part, facts in kept if part.split("/")[0] == section]
            dates = sorted({facts["date"] for facts in of_section})
            machines = list(dict.fromkeys(facts["machine"] for facts in of_section))
            rows = [_row(figures) for facts in of_section for figures in facts["rows"]]
            times = [facts["times"] for facts in of_section for _ in facts["rows"]]
            said += [f"### {section.capitalize()}", "", f"{', '.join(dates)}. {'; '.join(machines)}.", ""]
            said += [*lines(rows, times), ""]
        return "\n".join(said)


def _row(figures: dict[str, Any]) -> Row:
    targets = tuple(Target(**target) for target in figures["targets"])
    return Row(
        **{key: value for key, value in figures.items() if key not in ("ratio", "share", "targets")}, targets=targets
    )


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "":
        return f"{value:.4g}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:,.{digits}f} {unit}"


def _aim(row: Row, target: Target) -> str:
    sign, value = ("≥", target.at_least) if target.at_least is not None else ("≤", target.at_most)
    shown = {"ours": _figure(value, row.unit), "ratio": f"{value} ×", "share": f"{value:.0%}"}[target.of]
    return f"{sign} {shown}"
