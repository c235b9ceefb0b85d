"""The store for several servers: an etcd cluster, asked through its gRPC interface.

`address` reads where it is, `connection` asks, `store` is the contract over it, `watching` follows changes.
"""
