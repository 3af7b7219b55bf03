"""The scripts and style sheets for pages of other comment systems, under the paths that theirs have.

A blog that loads `https://cdn.jsdelivr.net/npm/gitalk@1/dist/gitalk.min.js` changes the host name and nothing else.
"""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.assets import assets, file_response, script_below_root

_CLIENT = ("/client.js",)
"""utterances (`https://utteranc.es/client.js`), beaudar, giscus."""
_GITALK = (
    *("/npm/gitalk", "/npm/gitalk@{version}", "/gitalk", "/gitalk@{version}"),
    *("/{folder:path}gitalk.min.js", "/{folder:path}gitalk.js"),
)
"""jsDelivr, unpkg, cdnjs, BootCDN, Staticfile and copies: the packages differ in the folders before the file."""
_GITMENT = (
    "/{folder:path}gitment.browser.js",
    "/{folder:path}gitment.min.js",
    "/{folder:path}gitment.js",
    "/{folder:path}gitmint.browser.js",
)
_VSSUE = tuple(
    f"/{{folder:path}}vssue.{api}{kind}.min.js" for api in ("github", "github-v4") for kind in ("", ".polyfill")
)
_STYLES = (
    *("/other-systems.css", "/{folder:path}gitalk.css", "/{folder:path}gitalk.min.css"),
    *("/{folder:path}gitment/style/default.css", "/{folder:path}gitment.css"),
    *("/{folder:path}vssue.css", "/{folder:path}vssue.min.css"),
)

_MOST_FOLDERS = 16

router = APIRouter(include_in_schema=False)


def _serve(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        file = assets().files[name]
        if name.endswith(".js"):
            folders = request.url.path.count("/") - 1
            if folders > _MOST_FOLDERS:
                raise HTTPException(404)
            file = script_below_root(name, folders)
        return file_response(request, file)

    return serve


for _name, _paths in {
    "client.js": _CLIENT,
    "gitalk.js": _GITALK,
    "gitment.js": _GITMENT,
    "vssue.js": _VSSUE,
    "other-systems.css": _STYLES,
}.items():
    for _path in _paths:
        router.add_api_route(_path, _serve(_name), methods=["GET"])
