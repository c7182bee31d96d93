"""Where boundaries come from: a file, a folder, a ZIP or a server, each as one layer.

Knows which reader serves what. Refuses to know formats (vector_files.py), what an archive may do (archive_limits.py),
protocols (feature_service.py) and fields (mapping.py). Whatever is unpacked or fetched lies in a folder of its own
that is gone when the layer is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from domain.errors import BadRegion
from domain.problem import did_you_mean
from geo.archive_limits import unpack
from geo.feature_service import fetch
from geo.gpkg import Layer
from geo.limits import MAX_VERTICES
from geo.vector_files import ARCHIVE, KNOWN, SHAPEFILE, VectorFile, open_file
from geo.web import Bounds, shown

_SINGLE = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".geoparquet")


def called(source: str) -> str:
    """What to call a source in a message: a file's name, an address without its query."""
    if is_address(source):
        return shown(source)
    return Path(source).name or source


def is_address(source: str) -> bool:
    """Whether it is a server's address and not a path."""
    return "://" in source


def read_source(
    source: str, layer: str | None = None, encoding: str | None = None, bounds: Bounds | None = None
) -> Layer:
    """One layer of a source. `layer` names it where there are several. BadRegion for whatever stands in the way."""
    if is_address(source):
        return _read_address(source, layer, bounds)
    path = Path(source)
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.suffix.casefold() == ".shp")
        return _read_file(_one(path.name, files, layer), layer, encoding)
    if not path.is_file():
        raise BadRegion(f"{called(source)}: no such file; check the path")
    opened = open_file(path, encoding=encoding)
    if opened.kind != ARCHIVE:
        return _read_layer(opened, layer)
    with tempfile.TemporaryDirectory(prefix="concord-") as folder:
        unpacked = unpack(path, Path(folder))
        files = [each for each in unpacked if each.suffix.casefold() in _SINGLE]
        try:
            return _read_file(_one(path.name, files, layer), layer, encoding)
        except BadRegion as error:
            text = str(error)
            raise BadRegion(text if text.startswith(path.name) else f"{path.name}: {text}") from error


def _one(name: str, files: Sequence[Path], layer: str | None) -> Path:
    """The file that is meant among several."""
    if len(files) == 1:
        return files[0]
    if not files:
        raise BadRegion(f"{name}: holds no file of features; put in one of {KNOWN}")
    stems = {each.stem: each for each in files}
    if layer is None:
        raise BadRegion(f"{name}: holds several layers; choose one with --layer: {', '.join(list(stems)[:12])}")
    if layer not in stems:
        raise BadRegion(f'{name}: no layer "{layer[:80]}"; {did_you_mean(layer, stems)}')
    return stems[layer]


def _read_file(path: Path, layer: str | None, encoding: str | None) -> Layer:
    opened = open_file(path, encoding=encoding)
    if opened.kind == ARCHIVE:
        raise BadRegion(f"{path.name}: it is an archive within the archive; unpack the inner one first")
    # A shapefile is one layer, and was chosen by its name already.
    return _read_layer(opened, None if opened.kind == SHAPEFILE else layer)


def _read_layer(opened: VectorFile, layer: str | None) -> Layer:
    names = opened.layer_names()
    if layer is not None:
        if layer not in names:
            raise BadRegion(f'{opened.path.name}: no layer "{layer[:80]}"; {did_you_mean(layer, names)}')
        return opened.read(layer)
    if len(names) != 1:
        several = f"holds several layers; choose one with --layer: {', '.join(names[:12])}"
        raise BadRegion(f"{opened.path.name}: " + (several if names else "holds no layer with shapes; export it again"))
    return opened.read(names[0])


def _read_address(source: str, layer: str | None, bounds: Bounds | None) -> Layer:
    with tempfile.TemporaryDirectory(prefix="concord-") as folder:
        fetched = fetch(source, layer, Path(folder), bounds)
        pages = []
        vertices = 0
        for path in fetched.pages:
            opened = replace(open_file(path), kind=fetched.driver)
            page = opened.read(opened.layer_names()[0])
            vertices += page.vertices
            if vertices > MAX_VERTICES:
                raise BadRegion(
                    f"{shown(source)}: more than {MAX_VERTICES:,} vertices (MAX_VERTICES); simplify the layer"
                )
            pages.append(page)
    came = sum(map(len, pages))
    if came != fetched.features:
        raise BadRegion(
            f"{shown(source)}: {fetched.features:,} features came, but only {came:,} can be read; export it to a file"
        )
    return _joined(source, fetched.layer, pages)


def _joined(source: str, name: str, pages: Sequence[Layer]) -> Layer:
    """The pages of a layer as the layer: a field that a page lacks is empty there."""
    systems = {page.crs for page in pages}
    if len(systems) > 1:
        raise BadRegion(f"{shown(source)}: its pages are in different coordinate systems; export the layer to a file")
    fields = dict.fromkeys(field for page in pages for field in page.columns)
    columns = {
        field: tuple(word for page in pages for word in page.columns.get(field, ("",) * len(page))) for field in fields
    }
    starts = [sum(map(len, pages[:at])) for at in range(len(pages))]
    return Layer(
        name,
        systems.pop(),
        columns,
        tuple(shape for page in pages for shape in page.shapes),
        {start + at: fault for start, page in zip(starts, pages, strict=True) for at, fault in page.faults.items()},
        frozenset(start + at for start, page in zip(starts, pages, strict=True) for at in page.closed),
    )
