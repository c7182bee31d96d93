"""Stores of real processes on this machine, for training and tests: one server, Sentinel, Cluster, TLS.

The configurations are those of docs/operations.md, so that what is practised and tested is what is run.
Production servers are started by their own service managers, never by this package.
"""

from data.local_stores.server import LocalServer, NoTlsServer, find_tls_server
from data.local_stores.sets import LocalCluster, LocalSentinels, LocalSingle, LocalTls

__all__ = [
    "LocalCluster",
    "LocalSentinels",
    "LocalServer",
    "LocalSingle",
    "LocalTls",
    "NoTlsServer",
    "find_tls_server",
]
