"""The store: shared state in Valkey or Redis. The only importer of redis.

Data flows one way: command -> dispatch.py (policy, one atomic commit) -> event stream -> projection.py
(the board in memory, one per process) -> views.py (redacted records). Refuses to know geometry and screens.
"""
