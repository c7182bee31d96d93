"""Geometry: boundaries, distances, who is responsible where.

The only importer of shapely, geopandas, pyproj and pyogrio. Refuses to know the store and the screen.
Coordinates are WGS 84, longitude first, in degrees; distances are metres.
"""
