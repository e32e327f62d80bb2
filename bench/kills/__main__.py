"""Kill mcsearch at random instants, and see that the next run makes of it what an undisturbed run would have made.

    python -m bench.kills [--instants 200] [--seed 0] [OPERATION ...]

After each SIGKILL the library is opened, SQLite's checks have to find nothing, the operation is run again, and every
row of every table (ids and times aside) and every sidecar is compared. The OPERATIONs are index, tag, write-xmp,
compact, migration and packed.
"""

import argparse
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.kills.killing import Killing
from bench.kills.operations import OPERATIONS
from mcsearch.demo.painter import paint_folder
from mcsearch.errors import McsearchError


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill the operations asked for, in turn, and say how many were killed and what differed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", nargs="*", metavar="OPERATION", choices=[*OPERATIONS, []])
    parser.add_argument("--instants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    random_, failed = random.Random(chosen.seed), 0
    with tempfile.TemporaryDirectory() as work:
        os.environ.setdefault("MCSEARCH_CACHE", str(Path(work) / "cache"))
        paint_folder(Path(work) / "painted", 36, seed=6)
        names = chosen.operations or list(OPERATIONS)
        killings = {name: Killing(name, Path(work) / "painted", Path(work)) for name in names}
        for number in range(chosen.instants):
            name, share = names[number % len(names)], random_.random()
            try:
                killings[name].kill_at(share)
            except (AssertionError, McsearchError, OSError, sqlite3.Error) as error:
                failed += 1
                print(f"{name} at {share:.4f}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    print(f"{chosen.instants} kills, {failed} of them with another result")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
