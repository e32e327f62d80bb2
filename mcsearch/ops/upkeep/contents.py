"""What `doctor` says about the rows of a library, and how it mends them."""

import contextlib
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from mcsearch.errors import LibraryError
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.upkeep.checks import WrongVectors
from mcsearch.library.upkeep.parts import DERIVED, Missing
from mcsearch.library.upkeep.salvage import save_readable
from mcsearch.paths import shown
from mcsearch.photos.content_hash import as_turned, file_hash
from mcsearch.photos.scan import mtime_ns
from mcsearch.records.progress import Progress
from mcsearch.records.status import Finding

REPAIR = "mcsearch doctor --repair"
_MOST_SAID = 3
_GIVEN_BY_HAND = "hand_tags"


def examine_damaged(file: Path, damage: str, *, repair: bool) -> Finding:
    """Return a finding on a damaged file, whose readable rows are saved to another one beside it with `repair`."""
    name, saved = shown(shlex.quote(str(file))), file.with_name(f"{file.name}.saved")
    restore = f"delete {name} and {name}-wal, copy the backup to {name}"
    if not repair:
        save = f"Without one, {REPAIR} saves what can be read to {saved.name} beside it"
        return Finding("integrity", "wrong", damage, f"Restore a backup: {restore}. {save}")
    if saved.exists():
        return Finding("integrity", "wrong", damage, f"{shown(str(saved))} exists: move it away, and try again")
    try:
        LibraryFile(saved).close()
        rows = save_readable(file, saved)
    except LibraryError as error:
        return Finding("integrity", "wrong", f"{damage} Nothing was saved: {error}", f"Restore a backup: {restore}")
    if not rows:
        saved.unlink()
        return Finding("integrity", "wrong", f"{damage} Nothing can be read.", f"Restore a backup: {restore}")
    return Finding(
        "integrity", "wrong", f"{damage} {rows:,} rows were saved to {shown(str(saved))}.",
        f"If you have no backup: {restore.replace('the backup', saved.name)}, then {REPAIR} and mcsearch index",
    )  # fmt: skip


def examine_pages(library: LibraryFile, *, repair: bool) -> Finding:
    """Return a finding on the file itself: its pages and its indexes. What can be mended is mended with `repair`."""
    damage = library.checks.damage()
    if not damage:
        return Finding("integrity", "good", f"{shown(str(library.file))} is whole.")
    of_indexes = all(" index " in message for message in damage)
    if of_indexes and repair:
        with library.transaction():
            library.checks.build_indexes_anew()
        if not library.checks.damage():
            return Finding("integrity", "mended", "Indexes were damaged. They were built anew.")
    more = f"; and {len(damage) - _MOST_SAID:,} more" if len(damage) > _MOST_SAID else ""
    sentence = f"{shown(str(library.file))} is damaged: {'; '.join(damage[:_MOST_SAID])}{more}."
    if of_indexes:
        return Finding("integrity", "wrong", sentence, REPAIR)
    return examine_damaged(library.file, sentence, repair=repair)


def examine_parts(library: LibraryFile, missing: Missing, *, repair: bool) -> Iterator[Finding]:
    """Yield findings on missing tables, indexes and triggers. With `repair`, those are put back that can be filled."""
    tables, others = missing
    if lost := [name for name in tables if name not in DERIVED]:
        damage = f"The library {shown(str(library.file))} lacks {_listed(lost)}."
        yield examine_damaged(library.file, damage, repair=repair)
        return
    if (tables or others) and repair:
        with library.transaction():
            library.checks.parts.put_back()
    for name in tables:
        again = f" It was put back and {DERIVED[name].again}." if repair else ""
        yield _found("integrity", f"The table {name} is missing.{again}", repair=repair)
    if others:
        back = " They were put back." if repair else ""
        yield _found("integrity", f"Indexes or triggers are missing: {_listed(others)}.{back}", repair=repair)


def examine_rows(library: LibraryFile, *, repair: bool, progress: Progress) -> Iterator[Finding]:
    """Yield findings on orphans, vectors and signatures. What can be mended is mended with `repair`."""
    yield from _orphans(library, repair=repair)
    yield from _dimensions(library, repair=repair)
    yield from _vectors(library, repair=repair, progress=progress)
    if library.checks.lacks_last_change():
        if repair:
            with library.transaction():
                library.checks.record_change()
        yield _found(
            "rows", f"The record of changes was empty.{' It was begun anew.' if repair else ''}", repair=repair
        )
    if wrong := library.checks.wrong_signatures():
        if repair:
            with library.transaction():
                library.checks.drop_wrong_signatures()
        dropped = " They were dropped; dupes computes them again." if repair else ""
        yield _found("signatures", f"{wrong:,} signatures are of a wrong length.{dropped}", repair=repair)


def _dimensions(library: LibraryFile, *, repair: bool) -> Iterator[Finding]:
    for model, stated, held in library.checks.wrong_dimensions():
        if repair:
            with library.transaction():
                library.checks.set_dimensions(model, held)
        mended = " That was corrected." if repair else ""
        sentence = f"{model} is said to have vectors of {stated} components, and all have {held}.{mended}"
        yield _found("vectors", sentence, repair=repair)


def _orphans(library: LibraryFile, *, repair: bool) -> Iterator[Finding]:
    found = library.checks.orphans()
    if not found:
        yield Finding("rows", "good", "Every row has the row it belongs to.")
        return
    if repair:
        hashes = _hashes(library)
        with library.transaction():
            library.checks.mend_orphans(hashes)
    if mended := {table: count for table, count in found.items() if table != _GIVEN_BY_HAND}:
        tables = ", ".join(f"{count:,} in {table}" for table, count in sorted(mended.items()))
        done = " They were removed; photos among them got the content of their file." if repair else ""
        yield _found("rows", f"Rows lack the row they belong to: {tables}.{done}", repair=repair)
    if by_hand := found[_GIVEN_BY_HAND]:
        yield Finding(
            "rows", "wrong", f"{by_hand:,} tags given by hand belong to no photo. They are kept.",
            "Restore a backup that has their photos",
        )  # fmt: skip


def _hashes(library: LibraryFile) -> dict[int, tuple[bytes, bytes]]:
    """Return the content hash and the file hash of each missing content whose file has not changed, by content id."""
    hashes: dict[int, tuple[bytes, bytes]] = {}
    for content_id, file in library.checks.without_content():
        with contextlib.suppress(OSError):
            status = os.stat(file.path)
            if content_id not in hashes and (status.st_size, mtime_ns(status)) == (file.size_bytes, file.mtime_ns):
                of_file = file_hash(file.path)
                hashes[content_id] = as_turned(of_file, library.facts.turned(file.path)), of_file
    return hashes


def _vectors(library: LibraryFile, *, repair: bool, progress: Progress) -> Iterator[Finding]:
    wrong = library.checks.wrong_vectors(progress)
    if not wrong:
        yield Finding("vectors", "good", "All are of the right length, finite and unit vectors.")
    if wrong and repair:
        with library.transaction():
            for of_model in wrong:
                library.checks.drop_vectors(of_model)
    for of_model in wrong:
        again = "mcsearch index" if of_model.table == "embeddings" else "the next query"
        dropped = f" They were dropped; {again} embeds them again." if repair else ""
        yield _found("vectors", f"{_described(of_model)}.{dropped}", repair=repair)


def _described(wrong: WrongVectors) -> str:
    kinds = (
        (wrong.wrong_size, "of a wrong length"),
        (wrong.not_finite, "not finite"),
        (wrong.not_unit, "not of unit length"),
    )
    counts = ", ".join(f"{count:,} {kind}" for count, kind in kinds if count)
    return f"Of the vectors of {wrong.model} in {wrong.table}, {counts}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SAID:,} more" if len(names) > _MOST_SAID else ""
    return f"{', '.join(names[:_MOST_SAID])}{more}"


def _found(subject: str, sentence: str, *, repair: bool) -> Finding:
    return Finding(subject, "mended", sentence) if repair else Finding(subject, "wrong", sentence, REPAIR)
