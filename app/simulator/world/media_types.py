"""GitHub's media types: which fields of a body an `Accept` header requests.

https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

import re
from dataclasses import dataclass

_GITHUB_MEDIA_TYPE = re.compile(
    r"application/vnd\.github(?:\.(?P<version>v3|3|beta))?(?:\.(?P<param>raw|text|html|full))?(?P<format>\+json)?"
)
_FIELDS = {"text": ("body_text",), "html": ("body_html",), "full": ("body_html", "body_text", "body")}


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type of GitHub: `raw` gives `body`, `text` `body_text`, `html` `body_html`, `full` all three."""

    param: str | None = None
    format: str | None = "json"

    @property
    def name(self) -> str:
        """Return the value of `X-GitHub-Media-Type`: `github.v3; param=html; format=json`."""
        param = f"; param={self.param}" if self.param else ""
        form = f"; format={self.format}" if self.format else ""
        return f"github.v3{param}{form}"

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of a body that this media type carries."""
        return _FIELDS.get(self.param or "", ("body",))


def parse_media_type(accept: str) -> MediaType:
    """Return the first of GitHub's media types in an `Accept` header; plain JSON if there is none."""
    for value in accept.split(","):
        match = _GITHUB_MEDIA_TYPE.fullmatch(value.split(";")[0].strip().lower())
        if match:
            return MediaType(match["param"], "json" if match["format"] else None)
    return MediaType()
