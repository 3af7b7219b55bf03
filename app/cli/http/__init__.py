"""HTTP: the sockets, uvicorn on them, and each connection to a client."""
