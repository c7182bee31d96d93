"""Measurements anybody can repeat: `python -m bench.NAME` prints a table and, last, one line of JSON.

Knows how things are timed and what they are compared with. Refuses to be needed by anything.
"""
