"""Measure mcsearch beside its peers and its limits.

    python -m bench.run [PART ...] [--work DIR] [--times N] [--huge] [--write-docs]

A PART is a section ("indexing", "unchanged", "asking", "tagging", "duplicates", "growth", "serving", "page") or a part
of one ("indexing/small-s0"); without any, all are measured. --list names them. Run it from the repository, on a machine
that does nothing else.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.measure import FailedError
from bench.parts import REPOSITORY, Bench
from bench.sections import asking, duplicates, growth, indexing, tagging, unchanged
from bench.sections.web import page, serving
from bench.table import Results, Row, lines, machine
from bench.work import Work, default_folder

SECTIONS = {
    "indexing": indexing.PARTS,
    "unchanged": unchanged.PARTS,
    "asking": asking.PARTS,
    "tagging": tagging.PARTS,
    "duplicates": duplicates.PARTS,
    "growth": growth.PARTS,
    "serving": serving.PARTS,
    "page": page.PARTS,
}
PARTS = {f"{section}/{name}": part for section, parts in SECTIONS.items() for name, part in parts.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts asked for, print their rows and keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--work", type=Path, default=default_folder(), help="the work folder [default: %(default)s]")
    parser.add_argument("--times", type=int, default=3, help="how often; the median counts [default: %(default)s]")
    parser.add_argument("--huge", action="store_true", help="the library of 5 million photos too: 15 GB of disk")
    parser.add_argument("--write-docs", action="store_true", help="write all figures kept to docs/benchmarks.md")
    parser.add_argument("--list", action="store_true", help="name the parts and do nothing")
    chosen = parser.parse_args(arguments)
    names = [name for name in PARTS if not chosen.parts or _wanted(name, chosen.parts)]
    if unknown := [wanted for wanted in chosen.parts if not any(_wanted(name, [wanted]) for name in PARTS)]:
        parser.error(f"there is no part {', '.join(unknown)}; --list names them")
    if chosen.list:
        print("\n".join(names))
        return
    bench = Bench(Work(chosen.work.absolute()), chosen.times, chosen.huge)
    results = Results(bench.work.place("results.json"))
    rows, failed = _measure(bench, names, results)
    print(machine(), *lines(rows), f"JSON: {bench.work.place('results.json')}", sep="\n")
    if chosen.write_docs:
        results.write_docs(REPOSITORY / "docs" / "benchmarks.md", list(PARTS))
    sys.exit(failed)


def _measure(bench: Bench, names: Sequence[str], results: Results) -> tuple[list[Row], bool]:
    """The rows of these parts, and whether one could not be measured."""
    measured: list[Row] = []
    failed = False
    for number, name in enumerate(names, start=1):
        print(f"bench: {name} ({number} of {len(names)})", file=sys.stderr, flush=True)
        try:
            rows = list(PARTS[name](bench))
        except FailedError as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            failed = True
            continue
        if rows:
            results.put(name, rows, bench.times)
        measured += rows
    return measured, failed


def _wanted(name: str, parts: Sequence[str]) -> bool:
    return name in parts or name.split("/")[0] in parts


if __name__ == "__main__":
    main()
