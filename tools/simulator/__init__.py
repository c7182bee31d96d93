"""A simulated day on a board: calls.py brings them in, dispatchers.py send units, crews.py drive and work.

Knows how agencies work, roughly. Refuses to know the store: world.py gives commands, driver.py sends them like
any other client. No module but driver.py reads a clock; time and chance are arguments everywhere.
"""
