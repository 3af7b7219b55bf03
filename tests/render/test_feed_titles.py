"""The titles of a feed's entries: who comments, and the first words that are the commenter's own."""

import unicodedata

import pytest

from app.render import feeds
from app.render.i18n import languages, translation
from app.render.keys import FeedFormat, ThreadFeedKey
from tests.render.rendered_feeds import BASE_URL, sanitize_item, texts, title_of
from tests.render.sample_threads import REPO, a_comment, a_thread

LONG = "The quick brown fox jumps over the lazy dog and runs away, far away"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("Thank *you*, that `helped` me", "bob: Thank you, that helped me"),
        ("First line  \nsecond line\n\n- one\n- two", "bob: First line second line one two"),
        ("> What you wrote\n\nI disagree", "bob: I disagree"),
        ("> Quote\n>\n> > nested\n\nYes\n\n> Another\n\nand no", "bob: Yes and no"),
        ("```js\nlet a = 1 < 2;\n```\nThis works", "bob: This works"),
        ("![a picture](https://example.com/a.png) of a cat", "bob: of a cat"),
        ("Is a < b & c > d?", "bob: Is a < b & c > d?"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nThe numbers", "bob: The numbers"),
        ("> Only a quotation", "bob: Only a quotation"),
        ("```\nonly = code\n```", "bob: only = code"),
        ("![a picture](https://example.com/a.png)", "bob"),
        ("", "bob"),
        (LONG, "bob: The quick brown fox jumps over the lazy dog and runs away…"),
        (FAMILY * 10, f"bob: {FAMILY * 8}…"),
        ("a\u202egnp.exe \u2066b\u2069", "bob: agnp.exe b"),
    ],
)
def test_title_has_the_commenters_own_first_words(markdown: str, expected: str) -> None:
    assert title_of(markdown) == expected


def test_blogs_feed_names_the_post_in_short() -> None:
    assert title_of("Thank you", post="Tea") == "bob on “Tea”: Thank you"
    assert title_of("", post="Tea") == "bob on “Tea”"
    assert title_of("Thank you", post="T\u202ee\x07a") == "bob on “Tea”: Thank you"
    assert title_of(LONG, post=LONG) == (
        "bob on “The quick brown fox jumps over the lazy dog and…”: "
        "The quick brown fox jumps over the lazy dog and runs away…"
    )


def test_titles_of_all_languages_end_with_the_words() -> None:
    for lang in languages():
        title = title_of("Thank you", post="Tea", lang=lang)
        assert title == f"{translation(lang).text('on', name='bob', title='Tea')}: Thank you"


def test_control_characters_reach_no_title() -> None:
    every_control = "".join(map(chr, range(0x20))) + "".join(map(chr, range(0x7F, 0xA0)))
    comment = a_comment(1001, body_html=f"<p>a{every_control}b\x1b[31mc</p>", body_text="")
    key = ThreadFeedKey(REPO, 41, FeedFormat.ATOM, "en", BASE_URL, proxy_images=True)
    (title,) = texts(feeds.thread_feed(a_thread(comment), key, sanitize_item), "entry/title")
    assert not [char for char in title if unicodedata.category(char) == "Cc"]
