"""SPDY/3.1: many streams over one connection, as clients before Kubernetes 1.31 speak it for exec and port-forward.

`frames`, `reader`, `writer` and `headers` do no input or output. `connection` and `stream` put them on a wire, which is
the upgraded connection itself or, for port-forward of newer clients, a websocket (`tunnel`).
Source: https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
"""
