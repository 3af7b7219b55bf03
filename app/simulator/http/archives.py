"""The content of repositories: a branch's commit, and its archive, which another host sends without a token.

https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar
"""

import gzip
import io
import re
import tarfile
from functools import lru_cache
from hashlib import sha256
from urllib.parse import unquote

from app.simulator.http import responses
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.responses import SimulatedResponse
from app.simulator.world.records import Commit, Repository
from app.simulator.world.world import World

CODELOAD_PATH = "/_codeload/"
"""The paths of the host with the archives; it is the same server under another name."""
_SHA_TYPE = "application/vnd.github.sha"
_ARCHIVE = re.compile(CODELOAD_PATH + r"(?P<name>[^/]+/[^/]+)/legacy\.tar\.gz/(?P<commit>[0-9a-f]{40})")


class Archives:
    """Responses about the commits of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def commit_id(self, repository: Repository, ref: str, accept: str) -> SimulatedResponse:
        """Return the id of a commit as text, or the commit as JSON; 409 for a repository without commits."""
        commit = self._commit(repository, ref)
        if _SHA_TYPE in accept:
            return SimulatedResponse(200, commit.id.encode(), {"content-type": f"{_SHA_TYPE}; charset=utf-8"})
        return responses.json_response(200, {"sha": commit.id, "commit": {"message": "Write"}})

    def redirect(self, repository: Repository, ref: str, base_url: str) -> SimulatedResponse:
        """Return the redirect to the archive of a commit; with a key in its query for a private repository."""
        commit = self._commit(repository, ref)
        base = base_url.replace("//127.0.0.1", "//localhost")
        query = f"?token={_key(commit)}" if repository.private else ""
        url = f"{base}{CODELOAD_PATH}{repository.full_name}/legacy.tar.gz/{commit.id}{query}"
        return SimulatedResponse(302, b"", {"location": url, "content-type": "text/html;charset=utf-8"})

    def download(self, request: IncomingRequest) -> SimulatedResponse:
        """Return an archive; 404 without the key of a private repository."""
        match = _ARCHIVE.fullmatch(request.path)
        commit = self._world.commits.get(match["commit"]) if match else None
        if commit is None:
            return responses.error_response(404, "Not Found")
        repository = self._world.repositories[commit.repository_id]
        if repository.private and dict(request.parameters).get("token") != _key(commit):
            return responses.error_response(404, "Not Found")
        body = _archive(repository, commit)
        etag = f'W/"{sha256(body).hexdigest()}"'
        return SimulatedResponse(200, body, {"content-type": "application/x-gzip", "etag": etag})

    def _commit(self, repository: Repository, ref: str) -> Commit:
        commit = self._world.commit_of(repository, unquote(ref))
        if commit is None and not any(key[0] == repository.id for key in self._world.branches):
            raise responses.StatusError(responses.error_response(409, "Git Repository is empty."))
        if commit is None:
            raise responses.StatusError(responses.error_response(422, f"No commit found for SHA: {ref}"))
        return commit


def _key(commit: Commit) -> str:
    return f"A{commit.id[:28].upper()}"


@lru_cache(maxsize=4)
def _archive(repository: Repository, commit: Commit) -> bytes:
    """Return a commit as `git archive` writes it: one folder, and the commit in the global header."""
    buffer = io.BytesIO()
    folder = f"{repository.owner}-{repository.name}-{commit.id[:7]}"
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=1) as stream,
        tarfile.open(
            fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, pax_headers={"comment": commit.id}
        ) as archive,
    ):
        for path, text in sorted(commit.files.items()):
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size, member.mtime = len(text), commit.created_at
            archive.addfile(member, io.BytesIO(text))
        for path, target in sorted(commit.links.items()):
            link = tarfile.TarInfo(f"{folder}/{path}")
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
    return buffer.getvalue()
