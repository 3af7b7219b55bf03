"""Settings: the variables `AFTERWORD_…`, also from a file `.env`, as one frozen value.

A value that is unsafe or contradicts another is refused at start. The error names the variable.
"""

from app.settings.environment import NameWarning, load
from app.settings.fields import SecretStr
from app.settings.model import PREFIX, Settings

__all__ = ["PREFIX", "NameWarning", "SecretStr", "Settings", "load"]
