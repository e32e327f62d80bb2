"""Fuzz with atheris, guided by coverage: `python -m bench.fuzz.run [TARGET [SECONDS]]`, else each for a minute.

Each target runs in a process of its own, which ends at the first finding and leaves the bytes in a file. A finding
becomes a row of FINDINGS in tests/contract/test_fuzzing.py. `make fuzz` installs atheris, which has no wheels for some
systems, and is no dependency of the tests.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

_SECONDS = 60


def main() -> None:
    """Fuzz one target here, or each in a process of its own."""
    if sys.argv[3:] == ["here"]:
        _fuzz(sys.argv[1], int(sys.argv[2]))
        return
    from bench.fuzz.targets import TARGETS

    seconds = sys.argv[2] if len(sys.argv) > 2 else str(_SECONDS)
    failed = []
    for name in sys.argv[1:2] or TARGETS:
        command = [sys.executable, "-m", "bench.fuzz.run", name, seconds, "here"]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"Findings in {', '.join(failed)}.")


def _fuzz(name: str, seconds: int) -> None:
    import atheris

    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    with atheris.instrument_imports(include=["mcsearch"]):
        from bench.fuzz.targets import TARGETS

        target, starts = TARGETS[name]
        for number, start in enumerate(starts or _files()):
            (corpus / str(number)).write_bytes(start)
            target(start)  # imports what is imported on first use, which may take longer than an input may
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-artifact_prefix={corpus}-",
            "-max_len=20000",
            "-timeout=20",
            str(corpus),
        ],
        target,
    )
    atheris.Fuzz()


def _files() -> list[bytes]:
    from tests.support.seeds import seeds

    return [*seeds().values()]


if __name__ == "__main__":
    main()
