"""Benchmarks: `python -m bench.NAME` prints a table for people and, as its last line, one JSON object.

They use the same parts as the board and a real server of their own, in a temporary folder.
"""
