"""HTTP/1.1 for API clients: one protocol on `httptools`, a pool of connections, TLS contexts.

Only what an API needs: no redirects, cookies, proxies or compression.
"""
