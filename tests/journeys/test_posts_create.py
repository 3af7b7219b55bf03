"""`afterword posts create` as its owner runs it: processes, files and a GitHub behind a socket."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.simulator.http import faults
from app.simulator.http.rate_limits import Limits
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.journeys.forked_commands import Commands, RunningCommand, start_commands
from tests.journeys.posts_blog import REPO, TOKEN, Blog


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with start_commands(tmp_path_factory.mktemp("commands")) as commands:
        yield commands


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[RunningSimulator]:
    with run_simulator(
        World(lambda: 1_600_000_000), limits=Limits(contents_per_minute=1000, contents_per_hour=1000)
    ) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: RunningSimulator) -> RunningSimulator:
    """Return the simulator with an empty repository and one token."""
    world = running_simulator.world
    if REPO in world.repository_ids:
        world.delete_repository(REPO)
    world.add_repository(REPO)
    world.tokens.clear()
    world.add_token(TOKEN, "ada")
    running_simulator.requests.clear()
    running_simulator.faults.clear()
    return running_simulator


@pytest.fixture
def blog(tmp_path: Path, commands: Commands, simulator: RunningSimulator) -> Blog:
    return Blog(tmp_path / "content", commands, simulator)


def test_a_hundred_posts_cost_one_search_and_their_writes(blog: Blog) -> None:
    pages = [blog.add(f"{number}.md", f"Post {number}") for number in range(100)]
    before = {page: page.read_bytes() for page in pages}
    result = blog.create("--label", "comments", "--base-url", "https://blog.example.com")
    unknown = "The addresses of 100 posts are not known; their issues name none.\n"
    assert (result.status, result.errors) == (0, unknown)
    assert result.output.endswith("100 issues opened\n")
    assert blog.methods() == "GET " + " ".join(["POST"] * 100)
    assert blog.numbers() == blog.issues()
    for page in pages:
        number = blog.issues()[f"Post {page.stem}"]
        assert page.read_bytes() == before[page].replace(b"---\r\n\r\n", f"ghissueid: {number}\r\n---\r\n\r\n".encode())
    assert blog.simulator.world.issue(REPO, 1).labels == ("comments",)
    blog.simulator.requests.clear()
    again = blog.create()
    assert (again.status, again.output) == (0, "Every published post has its thread.\n")
    assert blog.methods() == ""


def test_a_dry_run_prints_everything_and_writes_nothing(blog: Blog, tmp_path: Path) -> None:
    page = blog.add("hello.md", "Hello", "description: What it is.\r\nurl: /hello/\r\n")
    before = page.read_bytes()
    template = tmp_path / "template.md"
    template.write_text("{{description}}\n\nRead it at <{{url}}>.\n")
    options = (
        "--template",
        str(template),
        "--base-url",
        "https://blog.example.com",
        "--label",
        "comments",
        "--label",
        "b",
    )
    dry = blog.create(*options, "--dry-run", GITHUB_TOKEN=None)
    assert (dry.status, dry.errors, blog.methods(), page.read_bytes()) == (0, "", "GET", before)
    assert re.fullmatch(
        r"hello\.md: an issue would be opened in ada/blog, and its number written\n  title: Hello\n  labels: comments, b\n"
        r"  \| What it is\.\n  \|\n  \| Read it at <https://blog\.example\.com/hello/>\.\n  \|\n"
        r"  \| <!-- afterword: [0-9a-f]{40} -->\n1 issue to open\n",
        dry.output,
    )
    plan = json.loads(blog.create(*options, "--dry-run", "--json").output)["posts"]
    done = json.loads(blog.create(*options, "--json").output)
    assert plan == [{**done["posts"][0], "outcome": "to_create", "ghissueid": None}]
    issue = blog.simulator.world.issue(REPO, 1)
    printed = "".join(f"  | {line}".rstrip() + "\n" for line in (issue.body or "").split("\n"))
    assert printed in dry.output
    assert done["posts"] == [
        {
            "source": "hello.md",
            "outcome": "created",
            "ghissueid": 1,
            "title": "Hello",
            "labels": ["comments", "b"],
            "text": issue.body,
            "reason": None,
        }
    ]
    assert page.read_bytes() == before.replace(b"---\r\n\r\n", b"ghissueid: 1\r\n---\r\n\r\n")


@pytest.mark.parametrize("fatal", [0, 1, 2])
def test_a_killed_run_is_continued(blog: Blog, fatal: int) -> None:
    """Kill the process while GitHub works on its request, which GitHub then completes: the list, or an issue."""
    for number in range(3):
        blog.add(f"{number}.md", f"Post {number}")
    running: list[RunningCommand] = []

    def kill(_request: IncomingRequest) -> None:
        if len(blog.simulator.requests) == fatal and running:
            running.pop().kill()

    blog.simulator.hold.start()
    stop = blog.simulator.on_request(kill)
    command = blog.start()
    running.append(command)
    blog.simulator.hold.release()
    assert command.wait().status == -9
    stop()
    assert len([number for number in blog.numbers().values() if number]) == max(0, fatal - 1)
    assert len(blog.issues()) == fatal
    assert blog.create().status == 0
    assert blog.numbers() == blog.issues()
    assert len(blog.issues()) == 3


@pytest.mark.parametrize("fault", [faults.ConnectionReset(), faults.Status(502)])
def test_a_lost_response_makes_no_second_issue(blog: Blog, fault: faults.Fault) -> None:
    blog.add("1.md", "Post 1")
    blog.add("2.md", "Post 2")
    blog.simulator.faults.add(fault, match="/issues$")
    assert blog.create().status == 0
    assert blog.methods() == "GET POST GET POST"
    assert blog.numbers() == blog.issues() == {"Post 1": "1", "Post 2": "2"}


def test_two_runs_exclude_each_other(blog: Blog) -> None:
    blog.add("1.md", "Post 1")
    blog.simulator.hold.start("/issues$")
    first = blog.start()
    blog.simulator.hold.wait_for(1)
    second = blog.create()
    blog.simulator.hold.release()
    assert second.status == 2
    assert second.errors.startswith("Afterword: Another `posts create` for ada/blog runs on this machine.")
    assert first.wait().status == 0
    assert blog.numbers() == blog.issues()


def test_a_limit_ends_the_run_with_three(blog: Blog) -> None:
    for number in range(3):
        blog.add(f"{number}.md", f"Post {number}")
    blog.simulator.faults.add(faults.SecondaryRateLimit(retry_after=600), match="/issues$")
    blog.simulator.world.archive_repository(REPO)  # so that the refused request opens nothing
    result = blog.create()
    blog.simulator.world.archive_repository(REPO, archived=False)
    assert result.status == 3
    assert "GitHub's limit is reached. Call it again after" in result.errors
    assert result.output == "3 posts left\n"
    assert blog.methods() == "GET POST"
    assert blog.create("--limit", "1").output.endswith("1 issue opened, 2 posts left\n")
    assert blog.create().status == 0
    assert blog.numbers() == blog.issues()


@pytest.mark.parametrize(
    ("change", "settings", "reason"),
    [
        (lambda _: None, {"GITHUB_TOKEN": None}, "AFTERWORD_GITHUB_TOKEN: opening issues needs a token"),
        (lambda world: world.tokens.clear(), {}, "GitHub refuses the token (401)."),
        (lambda world: world.add_token(TOKEN, "ada", read_only=True), {}, "The token may not open issues in ada/blog"),
        (lambda world: world.disable_issues(REPO), {}, "Issues are switched off in ada/blog (410)."),
        (lambda _: None, {"GITHUB_API_URL": "http://127.0.0.1:9"}, "GitHub gives no usable answer (ConnectError: All"),
        (lambda _: None, {"REPO": "ada/absent"}, "GitHub shows no repository ada/absent to this token (404)."),
    ],
)
def test_what_cannot_start_says_why(
    blog: Blog, change: Callable[[World], object], settings: dict[str, str | None], reason: str
) -> None:
    page = blog.add("1.md", "Post 1")
    before = page.read_bytes()
    change(blog.simulator.world)
    result = blog.create(**settings)
    assert (result.status, page.read_bytes(), blog.issues()) == (2, before, {})
    assert f"Afterword: {reason}" in result.errors
    assert "Traceback" not in result.errors


def test_each_post_that_fails_is_named(blog: Blog) -> None:
    blog.add("good.md", "Good")
    blog.add("locked.md", "Locked").chmod(0o640)
    linked = blog.add("linked.md", "Linked")
    (blog.folder.parent / "other.md").hardlink_to(linked)
    blog.add("wrong.md", "Wrong", "ghissueid: soon\r\n")
    result = blog.create()
    assert result.status == 1
    assert "linked.md: failed: the file has another name (a hard link)" in result.errors
    assert "wrong.md: skipped:" in result.errors
    assert sorted(blog.issues()) == ["Good", "Locked"]
    assert result.output.endswith("2 issues opened, 1 post failed, 1 post skipped\n")
    linked.unlink()
    assert blog.create().output == "1 post skipped\n"


def test_a_blog_of_hugo_follows_its_rules(blog: Blog) -> None:
    (blog.folder.parent / "hugo.toml").write_text('baseURL = "https://blog.example.com/notes/"\n')
    pages = {
        "a.md": '+++\ntitle = "A"\n[menu]\nx = 1\n+++\n',
        "b.md": "---\ntitle: B\nGHissueID: # soon\n---\n",
        "c.md": "---\ntitle: C\ndate: 2999-01-01\n---\n",
        "d.md": "---\ntitle: D\nghrepo: ada/notes\n---\n",
    }
    for name, text in pages.items():
        (blog.folder / name).write_text(text)
    result = blog.create()
    assert result.status == 1
    assert result.errors == (
        "d.md: failed: it names the repository ada/notes. Run the command for that one, with --repo.\n"
    )
    assert blog.issues() == {"A": "1", "B": "2"}
    assert (blog.simulator.world.issue(REPO, 1).body or "").startswith("https://blog.example.com/notes/a/\n\n<!--")
    assert {name: (blog.folder / name).read_text() for name in pages} == {
        **pages,
        "a.md": '+++\ntitle = "A"\nghissueid = 1\n[menu]\nx = 1\n+++\n',
        "b.md": "---\ntitle: B\nGHissueID: 2 # soon\n---\n",
    }


def test_a_post_of_nikola_has_its_number_beside_it(blog: Blog) -> None:
    (blog.folder.parent / "conf.py").write_text('POSTS = (("content/*.md", "posts", "post.tmpl"),)\n')
    (blog.folder.parent / "themes").mkdir()
    page, fields = blog.folder / "a.md", blog.folder / "a.meta"
    page.write_text("Text\n")
    fields.write_bytes(b".. title: A\r\n.. slug: a\r\n.. date: 2020-01-01\r\n.. ghissueid:")
    result = blog.create()
    assert (result.status, result.output) == (0, "a.md: issue 1 opened (A); ghissueid: 1 written\n1 issue opened\n")
    assert page.read_text() == "Text\n"
    assert fields.read_bytes() == b".. title: A\r\n.. slug: a\r\n.. date: 2020-01-01\r\n.. ghissueid: 1"
    assert blog.create().output == "Every published post has its thread.\n"


def test_the_folder_must_be_named_and_exist(blog: Blog) -> None:
    settings = {"GITHUB_TOKEN": TOKEN, "REPO": REPO}
    unnamed = blog.commands.run("posts", "create", cwd=blog.folder, **settings)
    assert unnamed.status == 2
    assert unnamed.errors.startswith("Afterword: No content folder is named.")
    absent = blog.commands.run("posts", "create", "absent", cwd=blog.folder, **settings)
    assert (absent.status, absent.errors) == (
        2,
        "Afterword: There is no folder 'absent'. Name the blog's content folder.\n",
    )
    by_setting = blog.commands.run("posts", "list", cwd=blog.folder.parent, **settings, POSTS="content")
    assert by_setting.status == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--template", "absent.md"), "The template 'absent.md' cannot be read"),
        (("--template", "wrong.md"), "The template 'wrong.md' cannot be used: {{titel}} is no placeholder."),
        (("--base-url", "blog.example.com"), "--base-url: 'blog.example.com' is not an address."),
        (("--label", "x" * 51), "--label: a label has one to 50 characters."),
    ],
)
def test_wrong_options_are_refused(blog: Blog, options: tuple[str, ...], reason: str) -> None:
    (blog.folder.parent / "wrong.md").write_text("{{titel}}")
    result = blog.create(*options)
    assert result.status == 2
    assert result.errors.startswith(f"Afterword: {reason}")


def test_the_list_names_posts_without_a_thread(blog: Blog) -> None:
    blog.add("1.md", "Post 1")
    blog.add("2.md", "Post 2", "ghissueid: 41\r\n")
    arguments = ("posts", "list", str(blog.folder), "--repo", REPO)
    table = blog.commands.run(*arguments, cwd=blog.folder)
    assert re.search(r"2\.md +#41 +Post 2 +– +yes", table.output)
    listed = json.loads(blog.commands.run(*arguments, "--missing", "--json", cwd=blog.folder).output)
    assert [(post["source"], post["threads"], post["published"]) for post in listed] == [("1.md", [], True)]
