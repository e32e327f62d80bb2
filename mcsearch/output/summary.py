"""What is said about a run or a library as a whole."""

from collections.abc import Iterator

from mcsearch.paths import shown
from mcsearch.records import IndexReport, LibraryStatus, SidecarReport


def summary(report: IndexReport) -> str:
    """Say what an index run did, what it cost, and what to look at next."""
    counts = ("new", "changed", "moved", "unchanged", "removed", "failed")
    listed = ", ".join(f"{getattr(report, count):,} {count}" for count in counts)
    text = f"{listed} in {report.seconds:.1f} s"
    if report.embedded:
        text += f" ({report.photos_per_second:.1f} photos/s)"
    if report.failed:
        text += "\nThe files that could not be read are listed by: mcsearch failures"
    return text


def sidecar_summary(report: SidecarReport, *, dry_run: bool) -> str:
    """Say what became of sidecars."""
    would = "would be " if dry_run else ""
    text = f"{report.written:,} sidecars {would}written, {report.unchanged:,} unchanged"
    if report.deleted:
        text += f", {report.deleted:,} {would}deleted"
    if report.skipped:
        text += f", {report.skipped:,} skipped"
    return text


def status_lines(status: LibraryStatus) -> Iterator[str]:
    """Say what is in a library, a fact a line."""
    yield f"Library   {shown(status.file)} ({shown_size(status.size_bytes)})"
    yield f"Photos    {status.photos:,}"
    for model in status.models:
        yield f"Model     {model.name}: {model.photos:,} photos{' (default)' if model.default else ''}"
    yield f"Tags      {status.tags:,}"
    yield f"Failures  {status.failures:,}"
    for root in status.roots:
        yield f"Root      {shown(root.path)}: {root.photos:,} photos, indexed {root.indexed_at or 'never'}"


def shown_size(size_bytes: int) -> str:
    """A size in bytes for people, in decimal units."""
    size = float(size_bytes)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
