"""Pages with names, fields and places that decide their address, or whether there is a page; by generator."""

from collections.abc import Iterable, Mapping

from tests.generators.cases import page

Files = dict[str, bytes]
_OWN = "ghissueid: 41"


def _named(folder: str, names: Iterable[str], *, prefix: str = "") -> Files:
    """Return pages of these names in a folder, each with its number."""
    return {f"{folder}/{prefix}{name}": page(_case(f"{folder}/{name}"), _OWN) for name in names}


def _case(path: str) -> str:
    """Return a name for a case, made of its path; the names stay distinct."""
    kept = [character if character.isascii() and character.isalnum() else f"-{ord(character):x}-" for character in path]
    return "place-" + "".join(kept).lower().replace("--", "-").strip("-")


NAMES = (
    *("Upper.md", "two words.md", "dots.in.name.md", "übung.md", "日本.md", "under_score.md", "c--d.md", "(x).md"),
    *("it's.md", "a+b.md", "2020-07-01-dated.md", "wave~.md", "_under.md", "comma,x.md", "e&f.md", "#hash.md"),
)
_KINDS = (".markdown", ".mdown", ".mkd", ".mkdn", ".mkdown", ".mdwn", ".html", ".htm", ".txt", ".md~", ".MD")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "slug-plain": ("slug: other",),
    "slug-words": ("slug: Other Words",),
    "slug-path": ("slug: sl/ug",),
    "slug-umlaut": ("slug: ältere",),
    "slug-number": ("slug: 2020",),
    "url-plain": ("url: /x-url/",),
    "url-no-slash": ("url: x-url-b",),
    "url-file": ("url: /x-url/c.html",),
    "url-long": ("url: https://blog.example/x-url-d/",),
    "url-dots": ("url: /a/../b/",),
    "permalink-plain": ("permalink: /x-permalink/",),
    "permalink-no-slash": ("permalink: x-permalink-b",),
    "permalink-file": ("permalink: /x-permalink/c.html",),
    "permalink-token": ("permalink: /x-permalink/:title/",),
    "permalink-template": ('permalink: "/x-permalink/{{ title | slug }}/"',),
    "category": ("category: News",),
    "categories": ("categories: [Big News, b]",),
    "categories-words": ("categories: a b",),
    "save-as": ("save_as: x-save/index.html",),
    "lang-de": ("lang: de",),
    "pretty-not": ("pretty_url: false",),
}
_DAYS: Mapping[str, str] = {
    "day-time": "2020-07-01 10:30:00",
    "day-late": "2020-07-01 23:30:00",
    "day-zone": "2020-07-01T23:30:00-05:00",
    "day-zulu": "2020-07-01T10:30:00Z",
    "day-quoted": '"2020-07-01"',
    "day-short": "2020-7-1",
}


def _with_fields(folder: str, *, prefix: str = "", without: Iterable[str] = ()) -> Files:
    """Return pages with fields, without those that fail the build."""
    fields = {name: page(name, _OWN, *lines) for name, lines in _FIELDS.items()}
    days = {name: page(name, _OWN, date=f"date: {day}") for name, day in _DAYS.items()}
    failing = set(without)
    pages = {name: content for name, content in {**fields, **days}.items() if name not in failing}
    return {f"{folder}/{prefix}{name}.md": content for name, content in pages.items()}


def _permalink(path: str) -> bytes:
    """Return a page of Eleventy whose address is made of its name."""
    name = "filePathStem" if path.endswith("b.md") else "fileSlug"
    return page(_case(path), _OWN, f'permalink: "/x-{{{{ page.{name} }}}}/"')


def hugo() -> Files:
    """Return pages of Hugo by name, place and field."""
    folder = "content/placed"
    return {
        **_named(folder, (name for name in NAMES if name != "#hash.md")),
        **_named(folder, (f"kind{suffix.replace('.', '-')}{suffix}" for suffix in _KINDS if suffix != ".html")),
        **_with_fields("content/fields", without=("url-long", "url-dots", "day-short")),
        **_named("content", ("alone.md",)),
        **_named("content/a/b/c", ("deep.md",)),
        **_named("content/Mixed Words", ("x.md",)),
        **_named("content/bundle", ("index.md", "other.md", "inner/more.md")),
        **_named("content/.hidden", ("x.md",)),
        **_named("content/_drafts", ("x.md",)),
        **_named("content/node_modules", ("x.md",)),
        **_named("content/listed", ("_index.md", "x.md")),
        "content/placed/org.org": b"#+title: T\n#+date: 2020-07-01\n#+ghissueid: 41\n\ncase-org-file\n",
        "archive/place-outside.md": page("place-outside", _OWN),
    }


def jekyll() -> Files:
    """Return posts and pages of Jekyll by name, place and field."""
    posts = {f"_posts/2020-07-01-{name}": page(_case(f"posts/{name}"), _OWN) for name in NAMES if "~." not in name}
    kinds = (f"kind{suffix.replace('.', '-')}{suffix}" for suffix in _KINDS)
    return {
        **posts,
        **_with_fields("_posts", prefix="2020-06-30-", without=("slug-number", "slug-path", "permalink-template")),
        **_named("_posts", kinds, prefix="2020-07-01-"),
        **_named("_posts", ("nodate.md", "2020-7-1-short.md", "20-07-01-two.md", "2099-07-01-later.md")),
        **_named("_posts/_under", ("2020-07-01-s.md",)),
        **_named("_posts/.hidden", ("2020-07-01-s.md",)),
        **_named("news/_posts", ("2020-07-01-y.md",)),
        **_named("News And More/Sub/_posts", ("2020-07-01-x.md",)),
        **_named("_drafts", ("draft.md",)),
        **_named("_inc", ("i.md",)),
        **_named("_notes", ("n.md", "sub/m.md")),
        **_named("_silent", ("n.md",)),
        **_named(".hidden", ("x.md",)),
        **_named("node_modules/x", ("x.md",)),
        **_named("vendor/bundle", ("x.md",)),
        **_named("about", ("index.md", "us.md")),
        "_page.md": page("place-page-under", _OWN),
        "top.md": page("place-top", _OWN),
        "excluded/x.md": page("place-excluded", _OWN),
    }


def eleventy() -> Files:
    """Return pages of Eleventy by name, place and field."""
    return {
        **_named("placed", NAMES),
        **_named("placed", (f"kind{suffix.replace('.', '-')}{suffix}" for suffix in _KINDS)),
        **_with_fields("fields", without=("day-short", "permalink-no-slash")),
        **{path: _permalink(path) for path in ("slugs/2020-07-01-a.md", "slugs/b.md", "slugs/inner/index.md")},
        **_named("same", ("same.md",)),
        **_named("folder", ("index.md",)),
        **_named("inner/same", ("same.md", "2020-07-01-index.md")),
        **_named("_drafts", ("x.md",)),
        **_named("node_modules_not", ("x.md",)),
        "top.md": page("place-top", _OWN),
    }


def astro() -> Files:
    """Return pages of Astro by name and place."""
    folder = "src/pages/placed"
    return {
        **_named(folder, (name for name in NAMES if name != "#hash.md")),
        **_named(
            folder,
            (f"kind{suffix.replace('.', '-')}{suffix}" for suffix in _KINDS if suffix not in {".html", ".htm", ".MD"}),
        ),
        **_named("src/pages/_d", ("u.md",)),
        **_named("src/pages/in/side", ("index.md", "x.md")),
        "src/pages/top.md": page("place-top", _OWN),
        "src/other/x.md": page("place-outside", _OWN),
    }


def hexo() -> Files:
    """Return posts and pages of Hexo by name, place and field."""
    posts = "source/_posts"
    return {
        **_named(posts, (name for name in NAMES if name != "#hash.md")),
        **_named(posts, (f"kind{suffix.replace('.', '-')}{suffix}" for suffix in _KINDS)),
        **_with_fields(posts),
        **_named(f"{posts}/sub", ("x.md", "index.md")),
        **_named(f"{posts}/_d", ("a.md",)),
        **_named("source/_x", ("a.md",)),
        **_named("source/_drafts", ("a.md",)),
        **_named("source/about", ("index.md", "us.md")),
        **_named("source/.hidden", ("x.md",)),
    }


def pelican() -> Files:
    """Return articles and pages of Pelican by name, place and field."""
    return {
        **_named("content/placed", NAMES),
        **_named("content/placed", (f"kind{suffix.replace('.', '-')}{suffix}" for suffix in _KINDS)),
        **_with_fields("content/fields", without=("url-long", "url-dots")),
        **_named("content/pages", ("about.md",)),
        **_named("content/.hidden", ("x.md",)),
        "content/placed/title-marks.md": page("title-marks", _OWN).replace(
            b"title: T ", b"title: It's, a & (b) -- c! "
        ),
        "content/placed/title-umlaut.md": page("title-umlaut", _OWN).replace(b"title: T ", "title: Übung ".encode()),
        "content/placed/rest.rst": b"Title rest\n##########\n\n:date: 2020-07-01\n:ghissueid: 41\n\ncase-rest-file\n",
        "content/placed/no-date.md": b"title: T no-date\nghissueid: 41\n\ncase-no-date-at-all\n",
    }


def nikola() -> Files:
    """Return posts and pages of Nikola by name, place and field."""
    return {
        **_named("posts", (name for name in NAMES if name.isascii())),
        **_with_fields("posts", without=("slug-number",)),
        **_named("posts/sub", ("x.md",)),
        **_named("pages", ("about.md",)),
        **_named("other", ("x.md",)),
    }


def material() -> Files:
    """Return posts and pages of Material for MkDocs by name, place and field."""
    posts = "docs/blog/posts"
    marks = b"title: It's, a & (b) -- c! "
    return {
        **_named(posts, (name for name in NAMES if name != "#hash.md")),
        **_with_fields(posts),
        **_named(f"{posts}/sub", ("x.md",)),
        **_named("docs", ("top.md",)),
        **_named("docs/guide", ("index.md", "x.md")),
        f"{posts}/title-marks.md": page("title-marks", _OWN).replace(b"title: T ", marks),
        f"{posts}/title-umlaut.md": page("title-umlaut", _OWN).replace(b"title: T ", "title: Übung ".encode()),
        f"{posts}/title-heading.md": b"---\ndate: 2020-07-01\nghissueid: 41\n---\n\n# A heading\n\ncase-title-heading\n",
    }
