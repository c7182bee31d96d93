"""Make the compact county copy again: `python -m tools.us_counties US_ATLAS.tgz WORLD_ATLAS.tgz --out FOLDER`.

Knows the two npm packages as files (`npm pack us-atlas@3.0.1 world-atlas@2.0.2`) and writes
`counties.topojson.gz`, the same bytes every time. Refuses to know how the copy is derived (geo/county_atlas.py).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

from geo.counties import ATLAS_FILE
from geo.county_atlas import compact


def _read(package: Path, member: str) -> dict[str, Any]:
    with tarfile.open(package) as archive:
        file = archive.extractfile(f"package/{member}")
        if file is None:
            raise SystemExit(f"{package}: holds no {member}; give the package made by `npm pack`")
        topology: dict[str, Any] = json.load(file)
        return topology


def main() -> None:
    """Read both packages, write the copy, print its size and SHA-256."""
    parser = argparse.ArgumentParser(prog="python -m tools.us_counties", description=__doc__)
    parser.add_argument("us_atlas", type=Path, help="us-atlas-3.0.1.tgz")
    parser.add_argument("world_atlas", type=Path, help="world-atlas-2.0.2.tgz")
    parser.add_argument("--out", type=Path, default=Path("regions/us_counties"))
    options = parser.parse_args()
    topology = compact(_read(options.us_atlas, "counties-10m.json"), _read(options.world_atlas, "countries-10m.json"))
    text = json.dumps(topology, separators=(",", ":"), ensure_ascii=False)
    # No time stamp and no name in the header: the same input gives the same bytes.
    packed = gzip.compress(text.encode(), compresslevel=9, mtime=0)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / ATLAS_FILE
    path.write_bytes(packed)
    print(f"{path}: {len(packed)} bytes, sha256 {hashlib.sha256(packed).hexdigest()}")


if __name__ == "__main__":
    main()
