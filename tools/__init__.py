"""The command line: `python -m tools SUBCOMMAND`, one module for each.

Knows how to turn arguments into calls of data, geo and domain. Refuses to hold rules of its own.
"""
