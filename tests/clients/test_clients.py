"""Clients of GitHub's API read the service in the way of their own READMEs, with another base address."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.clients.served_issue import NUMBER, ServedIssue, run_served_issue

pytestmark = pytest.mark.untraced
CLIENTS = (
    *("pygithub", "pygithub_enterprise", "github3", "github3_enterprise", "ghapi", "gidgethub", "githubkit", "agithub"),
    *("octokit", "octonode", "octokit.rb", "Pithub", "gh", "ghub"),
)


@pytest.fixture(scope="module")
def served_issue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedIssue]:
    with run_served_issue(tmp_path_factory.mktemp("clients")) as served_issue:
        yield served_issue


@pytest.fixture(scope="module")
def lists(served_issue: ServedIssue) -> dict[str, object]:
    return served_issue.list_with_every_client()


@pytest.mark.parametrize("client", CLIENTS)
def test_client_lists_all_comments(lists: dict[str, object], served_issue: ServedIssue, client: str) -> None:
    assert lists.get(client, lists) == list(served_issue.ids)


def test_no_client_asks_github(lists: dict[str, object], served_issue: ServedIssue) -> None:
    assert lists
    assert len(served_issue.simulator.requests) == served_issue.own_request_count


def test_header_names_are_those_of_github(served_issue: ServedIssue) -> None:
    host, port = urlsplit(served_issue.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        target = f"/repos/ada/blog/issues/{NUMBER}/comments"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        head = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")[0].decode()
    names = {line.partition(":")[0] for line in head.splitlines()[1:]}
    assert {"Link", "ETag", "Content-Type", "Content-Length", "Date", "X-GitHub-Media-Type", "Connection"} <= names
    assert [name for name in names if name.lower() == name] == []
