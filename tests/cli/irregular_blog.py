"""A blog of more than sixty posts with every irregularity that the doctor knows, and its issues on GitHub."""

from pathlib import Path

from app.simulator.world.world import World
from tests.cli.doctor_runs import write_pages

REPO, NOTES, PRIVATE_PLACE = "ada/blog", "ada/notes", "eve/elsewhere"
SUBJECTS = (
    *("Interviews", "Serverless", "Functional Programming", "Durable Workflows", "Cold Starts", "Event Sourcing"),
    *("Message Queues", "Type Providers", "Actor Systems", "Temporal Tables", "Code Reviews", "Load Testing"),
    *("Feature Flags", "Blue Green Deployments", "Static Sites", "Comment Systems", "Markdown Parsers", "Rate Limits"),
    *("Webhooks", "Proxies", "Browser Caches", "Content Hashes", "Unit Tests", "Property Tests", "Mutation Tests"),
    *("Linters", "Formatters", "Import Cycles", "Database Locks", "Query Plans", "Full Text Search", "Time Zones"),
    *("Leap Seconds", "Unicode", "Regular Expressions", "Compilers", "Garbage Collectors", "Linkers", "Debuggers"),
    "Profilers",
)
"""One title for each ordinary post, whose issue is its number in this list."""
_PRIVATE = "https://github.com/eve/elsewhere"

Expected = tuple[str, str, str | None, int | None, int | None]
"""Severity, rule, page, line, and number of the issue."""

IRREGULAR_PAGES = {
    "posts/empty.md": ["title: A Page Without a Value", "ghissueid:"],
    "posts/empty-draft.md": ["title: An Unfinished Page", "draft: true", "ghissueid:"],
    "posts/twice-1.md": ["title: Ships in the Night", "ghissueid: 41"],
    "posts/twice-2.md": ["title: Mountains by Day", "ghissueid: 41"],
    "posts/again-1.md": ["title: Tea Ceremonies", "ghissueid: 42"],
    "posts/again-2.md": ["title: Coffee Grinders", "ghissueid: 42"],
    "posts/moved-1.md": ["title: The Old Address", "ghissueid: 43"],
    "posts/moved-2.md": ["title: The Old Address", "ghissueid: 43"],
    "posts/spanish.md": ["title: A Walk in the Park", "ghissueid: 44"],
    "posts/spanish.es.md": ["title: Un paseo por el parque", "ghissueid: 44"],
    "posts/word.md": ["title: Numbers in Words", "ghissueid: forty-one"],
    "posts/missing.md": ["title: Nothing There", "ghissueid: 999"],
    "posts/pull.md": ["title: A Change of Code", "ghissueid: 45"],
    "posts/away.md": ["title: Far Away", "ghissueid: 46"],
    "posts/near.md": ["title: Notes Elsewhere", "ghissueid: 47"],
    "posts/gone.md": ["title: Forgotten", "ghissueid: 48"],
    "posts/closed.md": ["title: The Discussion is Over", "ghissueid: 49"],
    "posts/locked.md": ["title: Silence Please", "ghissueid: 50"],
    "posts/wrong.md": ["title: Gardens in Spring", "ghissueid: 51"],
    "posts/versions.md": ["title: Leading Zeros", "ghissueid: 64", "params:", "  ghissueid: 52"],
    "posts/foreign.md": ["title: Somebody Else's", "ghissueid: 1", "ghrepo: eve/private"],
    "posts/broken.md": ["title: [Never Closed", "ghissueid: 61"],
    "posts/lonely.md": ["title: Waiting for Comments"],
    "posts/emoji.md": ["title: 🎉 Ten Years of Writing", "ghissueid: 53"],
    "posts/by-path.md": ["title: The Title Says Something Else", "ghissueid: 54"],
    "posts/cyrillic.md": ["title: О погоде", "ghissueid: 55"],
    "posts/draft.md": ["title: Coming Soon", "draft: true"],
    "about.md": ["title: About"],
}
ISSUES = {
    41: "Ships in the Night",
    42: "Tea Ceremonies",
    43: "The Old Address",
    44: "A Walk in the Park",
    45: "A Change of Code",
    46: "Far Away",
    47: "Notes Elsewhere",
    48: "Forgotten",
    49: "The Discussion is Over",
    50: "Silence Please",
    51: "Crash when the cache is full",
    52: "Leading Zeros",
    53: "Ten years of writing",
    54: "posts/by-path/",
    55: "About the weather",
    56: "Waiting for comments",
    57: "posts/renamed-long-ago/",
    58: "A bug in the theme",
}
FINDINGS: tuple[Expected, ...] = (
    ("error", "duplicate-number", "posts/again-2.md", 3, 42),
    ("error", "transferred-issue", "posts/away.md", 3, 46),
    ("error", "unreadable-front-matter", "posts/broken.md", 3, None),
    ("error", "unknown-repository", "posts/foreign.md", None, None),
    ("error", "deleted-issue", "posts/gone.md", 3, 48),
    ("error", "missing-issue", "posts/missing.md", 3, 999),
    ("error", "pull-request", "posts/pull.md", 3, 45),
    ("error", "duplicate-number", "posts/twice-2.md", 3, 41),
    ("error", "not-a-number", "posts/word.md", 3, None),
    ("warning", "closed-issue", "posts/closed.md", 3, 49),
    ("warning", "empty-number", "posts/empty.md", 3, None),
    ("warning", "locked-issue", "posts/locked.md", 3, 50),
    ("warning", "post-without-number", "posts/lonely.md", None, None),
    ("warning", "transferred-issue", "posts/near.md", 3, 47),
    ("warning", "generators-differ", "posts/versions.md", 3, None),
    ("warning", "title-mismatch", "posts/wrong.md", 3, 51),
    ("warning", "unused-thread", None, None, 56),
    ("warning", "unused-thread", None, None, 57),
    ("note", "post-without-number", "about.md", None, None),
    ("note", "empty-number", "posts/empty-draft.md", 4, None),
    ("note", "duplicate-number", "posts/moved-2.md", 3, 43),
    ("note", "duplicate-number", "posts/spanish.es.md", 3, 44),
)


def write_blog(folder: Path) -> int:
    """Write a Hugo blog with its content in `content`; return how many pages it has."""
    pages = {
        f"posts/{number:02}.md": [f"title: {subject}", f"ghissueid: {number}"]
        for number, subject in enumerate(SUBJECTS, start=1)
    }
    (folder / ".git").mkdir(parents=True)
    (folder / "hugo.toml").write_text('baseURL = "https://blog.example.com/"\ntitle = "Blog"\n', encoding="utf-8")
    write_pages(folder / "content", {**pages, **IRREGULAR_PAGES})
    return len(pages) + len(IRREGULAR_PAGES)


def open_issues(world: World) -> None:
    """Open the issues of the blog in an empty world, and let happen to them what people do."""
    for repo in (REPO, NOTES, PRIVATE_PLACE):
        world.add_repository(repo)
    for subject in SUBJECTS:
        world.open_issue(REPO, title=subject)
    for title in ISSUES.values():
        labels = ["Gitalk"] if title == "posts/renamed-long-ago/" else []
        world.open_issue(REPO, title=title, labels=labels, is_pull_request=title == "A Change of Code")
    world.transfer_issue(REPO, 46, PRIVATE_PLACE)
    world.transfer_issue(REPO, 47, NOTES)
    world.delete_issue(REPO, 48)
    world.close_issue(REPO, 49)
    world.lock_issue(REPO, 50)
