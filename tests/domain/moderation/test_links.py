"""Links are counted as the author wrote them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.moderation.links import attribute_texts, has_links

PAGE = "https://github.com/ada/blog/issues/41#issuecomment-7"
LINK = '<a href="https://spam.example/" rel="nofollow">buy</a>'


def _count(html: str) -> int:
    return next(count for count in range(20) if not has_links(html, PAGE, at_least=count + 1))


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("<p>none</p>", 0),
        (f"<p>{LINK}{LINK}</p>", 2),
        (f"<blockquote><p>{LINK}</p></blockquote>{LINK}", 1),
        (f"<pre><code>{LINK}</code></pre><p><code>{LINK}</code></p>", 0),
        ('<a class="user-mention notranslate" data-hovercard-type="user" href="https://github.com/bob">@bob</a>', 0),
        ('<a href="https://github.com/bob">@bob</a>', 1),
        ('<a class="user-mention" href="https://spam.example/bob">@bob</a>', 1),
        ('<a class="issue-link" href="https://github.com/Ada/Blog/issues/3">#3</a>', 0),
        ('<a href="/ada/blog/wiki">wiki</a><a href="/ada/other">other</a>', 1),
        ('<a href="https://github.com/ada/blog2">x</a><a href="https://github.com.evil.example/ada/blog">x</a>', 2),
        ('<a href="#user-content-fn-1">1</a><a>no address</a><a href="">x</a>', 0),
        ('<a href="mailto:a@spam.example">mail</a>', 1),
        ('<a href="https://camo.example/1"><img src="https://camo.example/1" data-canonical-src="https://p/1"></a>', 0),
        ('<a href="https://p/1"><img src="https://camo.example/1" data-canonical-src="https://p/1"></a>', 0),
        ('<a href="https://spam.example"><img src="https://camo.example/1"></a>', 1),
        ('<a href="https://p/1">text <img src="https://p/1"></a>', 1),
        ('<a title="x>y" href="https://spam.example">one</a>', 1),
        ('<a href="https://[bad">one</a>', 1),
        ("<A HREF=https://spam.example>one", 1),
        ('<a href="https://spam.example\\@github.com/ada/blog">one</a>', 1),
        ('<a href="/ada/blog/../../spam">one</a><a href="/ada/blog/.%2E/%2e%2e/spam">two</a>', 2),
        ('<a href="/ada/%62log/issues">one</a>', 0),
    ],
)
def test_examples_of_links(html: str, count: int) -> None:
    assert _count(html) == count


@given(links=st.integers(0, 5), quoted=st.integers(0, 5), limit=st.integers(1, 6))
def test_links_beside_quotes_are_counted(links: int, quoted: int, limit: int) -> None:
    html = f"<p>{LINK * links}</p><blockquote>{LINK * quoted}</blockquote>"
    assert has_links(html, PAGE, at_least=limit) == (links >= limit)


@given(html=st.text(alphabet="<>a/ \"'href=code!-&", max_size=200), page=st.text(max_size=20))
def test_any_text_can_be_counted(html: str, page: str) -> None:
    has_links(html, f"https://github.com/{page}", at_least=1)
    attribute_texts(html)


def test_long_text_is_counted_without_parsing() -> None:
    assert has_links("<a x " * 200_000, PAGE, at_least=2)


def test_titles_and_descriptions_are_listed() -> None:
    html = """<a title="A &quot;tip&quot;">x</a><img alt='A picture' src="https://a.example/b.png">"""
    assert attribute_texts(html) == ['A "tip"', "A picture"]


def test_addresses_of_links_are_listed() -> None:
    assert attribute_texts(f"{LINK}<a href='https://b.example/?a=1&amp;b=2'>") == [
        "https://spam.example/",
        "https://b.example/?a=1&b=2",
    ]


def test_long_address_is_listed_whole() -> None:
    address = f"https://b.example/{'a' * 3000}/casino"
    assert attribute_texts(f'<a href="{address}">x</a>') == [address]
