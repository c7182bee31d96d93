"""A ZIP examined by its directory, then unpacked under a count of the bytes that really come out.

Knows what an archive can do to whoever opens it: grow without bound, write beside its folder, point elsewhere, hold
further archives, lie about its sizes. Refuses to know what the files in it mean. GDAL never sees the ZIP itself.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from domain.errors import BadRegion
from geo.limits import MAX_BYTES, MAX_MEMBERS, MAX_RATIO

_ARCHIVES = frozenset({".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".kmz", ".zst"})
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_SMALL = 2**20
"""Below this size no ratio is asked: a short index file of zeros shrinks a lot and harms nobody."""
_CHUNK = 2**20


def unpack(archive: Path, into: Path) -> list[Path]:
    """Unpack the files of a ZIP into a folder, directories flattened; their paths.

    Raises BadRegion, naming the entry, before anything is written for what the directory shows, and in the course of
    writing for an archive that lied about its sizes. Entries that only accompany (`__MACOSX`, dot files) are left out.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _examined(archive, opened)
            written: list[Path] = []
            left = MAX_BYTES
            for entry in entries:
                path = into / PurePosixPath(entry.filename).name
                if path.exists():
                    raise _bad(archive, entry.filename, "two entries have this name", "pack one layer in one folder")
                left -= _extract(archive, opened, entry, path, left)
                written.append(path)
            return written
    except BadRegion:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise BadRegion(f"{archive.name}: not a ZIP that can be unpacked ({error}); pack it again") from error


def _examined(archive: Path, opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = opened.infolist()
    if len(entries) > MAX_MEMBERS:
        message = f"{len(entries):,} entries are more than {MAX_MEMBERS} (MAX_MEMBERS)"
        raise BadRegion(f"{archive.name}: {message}; pack one layer only")
    kept = []
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or "\0" in entry.filename:
            raise _bad(archive, entry.filename, "its path leads out of the archive", "pack plain files")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _bad(archive, entry.filename, "it is a link, not a file", "pack the file itself")
        if entry.is_dir() or "__MACOSX" in name.parts or name.name.startswith("."):
            continue
        if entry.flag_bits & 0x1:
            raise _bad(archive, entry.filename, "it is encrypted", "pack it without a password")
        if entry.compress_type not in _METHODS:
            raise _bad(archive, entry.filename, "its compression is not known here", "pack it with deflate")
        if name.suffix.casefold() in _ARCHIVES:
            raise _bad(archive, entry.filename, "it is an archive within the archive", "unpack the inner one first")
        if entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size):
            grows = f"it grows more than {MAX_RATIO} times (MAX_RATIO)"
            raise _bad(archive, entry.filename, grows, "no boundary file shrinks so much; ask where it comes from")
        kept.append(entry)
    total = sum(entry.file_size for entry in kept)
    if total > MAX_BYTES:
        message = f"unpacked {total // 2**20:,} MB are more than {MAX_BYTES // 2**20} MB (MAX_BYTES)"
        raise BadRegion(f"{archive.name}: {message}; simplify the polygons, or split the layer")
    return kept


def _extract(archive: Path, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Write one entry; its bytes. They are counted as they come: the directory may lie."""
    count = 0
    with opened.open(entry) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            count += len(chunk)
            if count > left or count > max(_SMALL, MAX_RATIO * entry.compress_size):
                raise _bad(archive, entry.filename, "it is larger than the archive says", "pack it again")
            target.write(chunk)
    return count


def _bad(archive: Path, entry: str, message: str, remedy: str) -> BadRegion:
    return BadRegion(f'{archive.name}: entry "{entry[:80]}": {message}; {remedy}')
