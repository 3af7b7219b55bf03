"""The one composition root: settings become a running application, and that a closed one.

`core` opens what readers are served from; `application` adds everything else. It takes most of a start to import, and
`serve` serves during that, so its names are imported here when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.bootstrap.application import Application, open_application, open_rest

__all__ = ["Application", "open_application", "open_rest"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module("app.bootstrap.application"), name)
