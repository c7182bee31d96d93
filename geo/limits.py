"""How much of somebody else's boundary data is taken in: every limit, with its reason.

Knows numbers only. Refuses to know who counts. Each error that a limit causes names it in the field's words and says
what to do; docs/regions.md has the same table (a test compares the two). A limit is asked before memory is spent:
a file's size before it is opened, a ZIP's directory before it is unpacked, a shape's counts before it is made.
"""

from __future__ import annotations

MAX_BYTES = 256 * 2**20
"""Of a file, or of one unpacked archive. Every worker holds the polygons in memory; all US counties are 11 MB."""
MAX_MEMBERS = 100
"""Entries of a ZIP. A shapefile has four to eight."""
MAX_RATIO = 100
"""Times a ZIP may grow when it is unpacked. Coordinates shrink to a third; only zeros shrink to a hundredth."""
MAX_LAYERS = 200
"""Layers of a file."""
MAX_FIELDS = 500
"""Columns of a layer."""
MAX_FEATURES = 100_000
"""Rows of a layer."""
MAX_VERTICES = 5_000_000
"""Of a layer. All of New York's districts have 0.25 million, all US counties at 1:500,000 0.6 million."""
MAX_POLYGON_VERTICES = 1_000_000
"""Of one feature."""
MAX_RINGS = 20_000
"""Of one feature: shells and holes. An archipelago like Maine's has some 3,000."""
MAX_DEPTH = 8
"""Geometries within geometries of one feature: a collection of multipolygons of polygons is 3."""
MAX_JSON_DEPTH = 32
"""Brackets within brackets of a GeoJSON file: a multipolygon's positions are at 8."""
MAX_WORD = 1_000
"""Characters of a field that is used. Longer fields that are not used do not matter."""
MAX_MAPPING_BYTES = 2**20
"""Of a mapping file."""

MAX_ANSWER_BYTES = 32 * 2**20
"""Of one answer of a server: a page of features."""
MAX_PAGES = 1_000
"""Of one layer of a server."""
PAGE_FEATURES = 1_000
"""Asked for at once. A server may give fewer."""
MAX_REDIRECTS = 5
"""A server may send one request on."""
WAIT_SECONDS = 15.0
"""For a server to connect, or to say the next word."""
ANSWER_SECONDS = 60.0
"""For one answer to be complete, however slowly it drips."""
SERVICE_SECONDS = 600.0
"""For all pages of a layer."""
