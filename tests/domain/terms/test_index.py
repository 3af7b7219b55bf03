"""The decision tables of `app.domain.terms.index`, row by row."""

from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.markers import read_markers, term_digests
from app.domain.terms.index import SearchOutcome, TermIndex, ThreadQuery
from app.domain.terms.titles import Relation, comparable, relation
from tests.domain.terms.heads import find, head, titles

FOUND, SEVERAL, MISSING, AMBIGUOUS = (
    SearchOutcome.FOUND,
    SearchOutcome.SEVERAL,
    SearchOutcome.MISSING,
    SearchOutcome.AMBIGUOUS,
)
KINDS = [None, "pathname", "url", "title", "og:title"]


@pytest.mark.parametrize(
    ("title", "term", "expected"),
    [
        ("posts/a", "posts/a", Relation.SAME),
        ("Posts/A/", "posts/a", Relation.SAME),
        ("posts/%E4%BD%A0", "posts/你", Relation.SAME),
        ("https://blog.example/posts/a/", "http://blog.example/posts/a", Relation.SAME),
        ("posts/a.html", "posts/a", Relation.SAME),
        ("  Straße  und  Weg ", "STRASSE UND WEG", Relation.SAME),
        ("posts/a-b", "posts/a", Relation.INSIDE),
        ("posts/a_b", "posts/a", Relation.INSIDE),
        ("posts/a/b", "posts/a", Relation.INSIDE),
        ("de/posts/a", "posts/a", Relation.INSIDE),
        ("reposts/a", "posts/a", Relation.INSIDE),
        ("posts/a?page=2", "posts/a", Relation.INSIDE),
        ("https://old.example/posts/a", "https://new.example/posts/a", Relation.INSIDE),
        ("https://blog.example/posts/a/", "posts/a", Relation.PART),
        ("Comments on posts/a", "posts/a", Relation.PART),
        ("Comments on https://blog.example/posts/a/!", "posts/a", Relation.PART),
        ("[posts/a] A post", "posts/a", Relation.PART),
        ("posts/a-b and posts/a", "posts/a", Relation.PART),
        ("Git | My blog", "git", Relation.PART),
        ("My blog – Git", "git", Relation.PART),
        ("[Comments] Git", "git", Relation.PART),
        ("Comments: Git", "git", Relation.PART),
        ("Learning Git", "git", Relation.WORDS),
        ("Git: the book", "git", Relation.WORDS),
        ("Say hello!", "hello", Relation.WORDS),
        ("hello-world", "hello", Relation.INSIDE),
        ("Othello", "hello", Relation.INSIDE),
        ("Hello's", "hello", Relation.INSIDE),
        ("C# | Blog", "c", Relation.INSIDE),
        ("Learning C++", "c", Relation.INSIDE),
        ("C++ | Blog", "c++", Relation.PART),
        ("#hello world", "hello", Relation.WORDS),
        ("Notes + hello", "notes", Relation.WORDS),
        ("说你好吧", "你好", Relation.WORDS),
        ("posts/%C4%E3", "posts/%c4%e3", Relation.SAME),
        ("posts/%C4%E3", "posts/%BA%C3", Relation.INSIDE),
        ("a-b a-b a-b a-b a-b", "a", Relation.INSIDE),
        ("안녕하세요", "안녕", Relation.INSIDE),
        ("About", "posts/a", Relation.INSIDE),
    ],
)
def test_term_stands_in_a_title(title: str, term: str, expected: Relation) -> None:
    assert relation(comparable(title), comparable(term)) is expected


@pytest.mark.parametrize("term_of", KINDS)
def test_exact_title_wins_over_older_longer_ones(term_of: str | None) -> None:
    index = titles("Posts/A and more", "posts/a-b", "posts/a")
    assert find(index, "/POSTS/a", term_of) == (FOUND, 3)


@pytest.mark.parametrize("term_of", KINDS)
def test_oldest_of_equal_titles_answers(term_of: str | None) -> None:
    assert find(titles("Other", "Hello", "hello"), "HELLO", term_of) == (SEVERAL, 2)


@pytest.mark.parametrize(
    ("term_of", "expected"),
    [(None, (SEVERAL, 2)), ("pathname", (SEVERAL, 2)), ("url", (SEVERAL, 2)), ("title", (AMBIGUOUS, None))],
)
def test_whole_part_of_several_titles(term_of: str | None, expected: tuple[SearchOutcome, int | None]) -> None:
    index = titles("posts/a-b", "Comments on posts/a", "A question: posts/a")
    assert find(index, "posts/a", term_of) == expected


@pytest.mark.parametrize(
    ("title", "term", "term_of", "expected"),
    [
        ("posts/hello/", "posts/hello/index", "pathname", (FOUND, 1)),
        ("posts/hello/index", "posts/hello/", "pathname", (FOUND, 1)),
        ("https://a.example/b/", "https://a.example/b/index.html", "url", (FOUND, 1)),
        ("posts/hello-index", "posts/hello", "pathname", (MISSING, None)),
        ("Hello | a.example", "https://a.example/", "url", (MISSING, None)),
        ("https://a.example", "http://a.example/index.html", "url", (FOUND, 1)),
        ("The index", "The index/index", "title", (MISSING, None)),
        ("index", "/", "pathname", (FOUND, 1)),
        ("/", "index", "pathname", (FOUND, 1)),
        ("index", "/", None, (MISSING, None)),
        ("posts/index/a", "/", "pathname", (MISSING, None)),
    ],
)
def test_file_index_is_its_folder(
    title: str, term: str, term_of: str, expected: tuple[SearchOutcome, int | None]
) -> None:
    assert find(titles(title), term, term_of) == expected


@pytest.mark.parametrize("term", ["%20", "%0A%0a", "   ", "/", "https://"])
@pytest.mark.parametrize("term_of", KINDS)
def test_term_of_spaces_or_slashes_is_no_title(term: str, term_of: str | None) -> None:
    assert find(titles("Hello", "posts/a/b", " "), term, term_of)[1] in {None, 3}


def test_other_issues_do_not_hide_a_post() -> None:
    index = TermIndex(head(n, f"A question about git {n}" if n < 1500 else "Git | Blog") for n in range(1, 1501))
    assert index.find(ThreadQuery("git"), lambda head: head.number == 1500).number == 1500


@pytest.mark.parametrize("term_of", KINDS)
def test_whole_part_of_one_title_answers(term_of: str | None) -> None:
    assert find(titles("Gitea", "Git | My blog"), "Git", term_of) == (FOUND, 2)


def test_chosen_term_finds_the_oldest_phrase_with_it() -> None:
    index = titles("Guestbooks", "My guestbook for you", "guestbook | blog")
    assert find(index, "Guestbook") == (SEVERAL, 2)


@pytest.mark.parametrize("term_of", ["pathname", "url", "title", "og:title"])
def test_phrase_with_a_page_title_is_another_page(term_of: str) -> None:
    index = titles("Learning Git")
    query = ThreadQuery("Git", term_of)  # type: ignore[arg-type]
    resolution = index.find(query, lambda _: True)
    assert (resolution.outcome, resolution.number, resolution.candidates) == (MISSING, None, (1,))


@pytest.mark.parametrize("term_of", KINDS)
def test_longer_path_is_another_page(term_of: str | None) -> None:
    assert find(titles("posts/a-b", "de/posts/a", "posts/a/2"), "posts/a", term_of) == (MISSING, None)


def test_titles_of_other_pages_are_no_match() -> None:
    index, query = titles("Learning Git"), ThreadQuery("git")
    assert index.find(query, lambda _: True, {comparable("Learning Git")}).outcome is MISSING
    assert index.find(ThreadQuery("learning git"), lambda _: True, {comparable("Learning Git")}).number == 1


def test_only_posts_answer() -> None:
    index, query = titles("posts/a", "posts/a"), ThreadQuery("posts/a")
    assert index.find(query, lambda issue: issue.number == 2).number == 2
    hidden = index.find(query, lambda _: False)
    assert hidden == titles("Other").find(query, lambda _: True)


def test_pull_requests_and_removed_issues_answer_nothing() -> None:
    index = TermIndex([head(1, "posts/a", "Gitalk", pull=True), head(2, "posts/a", "Gitalk")])
    assert find(index, "posts/a") == (FOUND, 2)
    assert not index.replace(2, head(2, "posts/a", "Gitalk"))
    assert index.replace(2, head(2, "posts/b"))
    assert (find(index, "posts/a"), find(index, "posts/b")) == ((MISSING, None), (FOUND, 2))
    assert index.replace(2, None)
    assert find(index, "posts/b") == find(index, None, labels=("gitalk",)) == (MISSING, None)


def test_marker_counts_as_the_title() -> None:
    index = TermIndex([head(1, "Hello"), head(2, "A post", markers=["/posts/a/"]), head(3, "posts/a")])
    assert find(index, "posts/a") == (SEVERAL, 2)
    assert find(index, "https://blog.example/posts/a/", "url") == (FOUND, 2)
    assert find(index, None, marker="/posts/a") == (FOUND, 2)
    assert find(index, None, marker=next(iter(head(2, markers=["/posts/a/"]).markers)).upper()) == (FOUND, 2)
    assert find(index, None, marker="/posts/b") == (MISSING, None)


def test_markers_are_read_from_a_text() -> None:
    text = f"Hi\n<!-- afterword: {'a' * 40} --> <!--SHA1: {'B' * 40}--><!-- sha1: {'c' * 39} -->"
    assert read_markers(text) == {"a" * 40, "b" * 40}
    assert len(read_markers("".join(f"<!-- sha1: {n:040x} -->" for n in range(100)))) == 20


@pytest.mark.parametrize(
    ("term", "key"),
    [
        ("index", "/"),
        ("posts/hello/", "/posts/hello"),
        ("posts/hello", "/posts/hello.html"),
        ("posts/hello/index", "/posts/hello"),
        ("posts/%C3%BC", "/posts/ü"),
        ("https://blog.example/posts/hello/", "/posts/hello"),
        ("A title", "A title"),
    ],
)
def test_page_is_known_by_its_marker(term: str, key: str) -> None:
    digest = sha1(key.encode(), usedforsecurity=False).hexdigest()
    assert digest in term_digests(term)
    assert digest not in term_digests(f"{term}x")


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ([], (MISSING, None)),
        ([head(1, "", "Gitalk", "x")], (MISSING, None)),
        ([head(1, "", "gitalk", "/A/", "bug")], (FOUND, 1)),
        ([head(1, "", "Gitalk", "/a/"), head(2, "", "Gitalk", "/a/")], (SEVERAL, 2)),
        ([head(1, "", "Gitalk", "/a/"), head(2, "", "Gitalk", "/a/", "bug")], (SEVERAL, 1)),
        ([head(1, "", "Gitalk", "/a/", "x"), head(2, "", "Gitalk", "/a/", "y")], (AMBIGUOUS, None)),
        ([head(1, "", "Gitalk", "/a/"), head(2, "", "Gitalk", "/a/", is_open=False)], (FOUND, 1)),
        ([head(1, "", "Gitalk", "/a/", is_open=False)], (FOUND, 1)),
    ],
)
def test_labels_find_a_thread(heads: list[object], expected: tuple[SearchOutcome, int | None]) -> None:
    assert find(TermIndex(heads), None, labels=("Gitalk", "/a/")) == expected  # type: ignore[arg-type]


def test_one_label_of_many_threads_is_ambiguous() -> None:
    index = TermIndex(head(n, "", "Gitalk", f"/{n}/") for n in range(1, 30))
    resolution = index.find(ThreadQuery(labels=("Gitalk",)), lambda _: True)
    assert (resolution.outcome, len(resolution.candidates)) == (AMBIGUOUS, 10)


def test_same_labels_of_many_issues_are_compared_once() -> None:
    index = TermIndex(head(n, "", "Gitalk") for n in range(1, 20_001))  # in quadratic time it takes minutes
    resolution = index.find(ThreadQuery(labels=("Gitalk",)), lambda _: True)
    assert (resolution.outcome, len(resolution.candidates)) == (SEVERAL, 10)


def test_term_and_labels_must_both_hold() -> None:
    index = TermIndex([head(1, "[Vssue]Hello"), head(2, "[Vssue]Hello", "Vssue"), head(3, "Hello", "Vssue")])
    assert find(index, "[Vssue]Hello", "title", labels=("Vssue",)) == (FOUND, 2)


@given(st.lists(st.text(max_size=30), max_size=8), st.text(min_size=1, max_size=10), st.sampled_from(KINDS))
def test_any_title_is_found_by_itself(names: list[str], term: str, term_of: str | None) -> None:
    index = titles(*names, term)
    outcome, number = find(index, term, term_of)
    equal = [n for n, name in enumerate([*names, term], start=1) if comparable(name) == comparable(term)]
    assert (outcome, number) == (FOUND if len(equal) == 1 else SEVERAL, equal[0])
