"""Which parts of a body an `Accept` header asks for.

https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

import re
from dataclasses import dataclass

_GITHUBS = re.compile(
    r"application/vnd\.github(?:\.(?P<version>v3|3|beta))?(?:\.(?P<param>raw|text|html|full))?(?P<format>\+json)?"
)


@dataclass(frozen=True, slots=True)
class MediaType:
    """One media type of GitHub's: `raw` gives `body`, `text` `body_text`, `html` `body_html`, `full` all three."""

    param: str | None = None
    format: str | None = "json"

    @property
    def name(self) -> str:
        """The value of `X-GitHub-MediaType-Type`: `github.v3; param=html; format=json`."""
        param = f"; param={self.param}" if self.param else ""
        form = f"; format={self.format}" if self.format else ""
        return f"github.v3{param}{form}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a body which this media type carries."""
        return {
            "text": ("body_text",),
            "html": ("body_html",),
            "full": ("body_html", "body_text", "body"),
        }.get(self.param or "", ("body",))


def parse_media_type(accept: str) -> MediaType:
    """Choose the first of GitHub's media types in an `Accept` header; anything else means plain JSON."""
    for wanted in accept.split(","):
        found = _GITHUBS.fullmatch(wanted.split(";")[0].strip().lower())
        if found:
            return MediaType(found["param"], "json" if found["format"] else None)
    return MediaType()
