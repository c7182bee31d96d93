"""Playing recorded calls: rows.py reads them, plan.py orders them, player.py sends them, account.py counts answers.

Knows DataSF's "Fire Department Calls for Service". Refuses to know the store: a replay is a client like any other.
"""
