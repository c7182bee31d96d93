"""How a training region is made up: places, agencies, areas, stations, units, agreements, response plans.

Knows modelled regions only. Refuses to know files of a pack (data/regions) and polygons' arithmetic (geo/modelled.py).
"""
