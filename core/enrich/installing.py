"""Putting fetched files where they are read: whole, on disk, and by renaming, so that no reader ever sees a half."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path


def put_in_place(
    files: Mapping[Path, Path], note: Mapping[str, object] | None, *, instead_of: tuple[Path, ...] = ()
) -> None:
    """Rename each file to its place, with `note` as `.json` beside it, and remove those that it replaces.

    The caller has checked every file before the first is renamed.
    """
    for new, target in files.items():
        _sync(new)
        if note is not None:
            written = new.with_suffix(".json")
            write_text(written, json.dumps(dict(note), indent=1, ensure_ascii=False))
            os.replace(written, target.with_suffix(".json"))
        os.replace(new, target)
    for old in instead_of:
        old.unlink(missing_ok=True)
        if old.stem not in {target.stem for target in files.values()}:
            old.with_suffix(".json").unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file that is on disk when this returns."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
