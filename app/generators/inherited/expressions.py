"""Regular expressions of configurations, as far as they match in bounded time."""

import re
from functools import lru_cache

_MAX_LENGTH, _MAX_REPETITIONS = 200, 2
_REPETITION = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_COSTLY = re.compile(r"\)[*+{]|\\[1-9]|\(\?P=|\(\?[=!<](?![A-Za-z_])|\(\?\(")


class UnfollowedPatternError(ValueError):
    """A pattern that could take long to match, or that is in another language."""


@lru_cache(maxsize=256)
def expression(text: str) -> re.Pattern[str]:
    """Return a regular expression that costs little; raises `UnfollowedPatternError`."""
    is_costly = _COSTLY.search(text) or len(_REPETITION.findall(text)) > _MAX_REPETITIONS
    if is_costly or len(text) > _MAX_LENGTH:
        raise UnfollowedPatternError(text[:60])
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        raise UnfollowedPatternError(text[:60]) from None
