"""The rules of a joint response board: nouns, status tables, agreements, decisions, commands, events.

Knows the field's words and nothing else. Imports the standard library only; does no I/O, reads no
clock and draws no random numbers: time and chance are arguments. Times are seconds since the Unix
epoch (UTC, float), places are WGS 84 longitude and latitude in degrees, distances are metres.
"""
