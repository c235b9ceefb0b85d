"""HTTP/1.1 with TLS and websockets, on httptools and wsproto: the transport under the API server's handler."""
