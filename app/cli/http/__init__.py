"""HTTP: the sockets, uvicorn on them, and each connection to a client."""

import sys
from importlib import import_module
from types import ModuleType


def _import_server_without_command_line() -> None:
    """Import uvicorn without its command line and its reloader, whose libraries take 2 MB."""
    command_line = "uvicorn.main"
    if "uvicorn" in sys.modules:
        return
    placeholder = ModuleType(command_line)
    vars(placeholder).update(dict.fromkeys(("Server", "main", "run")))
    sys.modules[command_line] = placeholder
    try:
        vars(import_module("uvicorn"))["Server"] = import_module("uvicorn.server").Server
    finally:
        del sys.modules[command_line]


_import_server_without_command_line()
