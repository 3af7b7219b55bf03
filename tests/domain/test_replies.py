"""Which comment a comment answers, decided from its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.replies import CommentText, reply_targets

ANN = "Static pages load faster than anything I have built with a server so far.\n\nBut *comments* are [hard](https://x/y)."
BEN = "I moved mine to a database and regret it, because backups are work."


def _target_of(text: str, *earlier: tuple[str | None, str], author: str | None = "zoe") -> int | None:
    """Return which of the earlier comments (1, 2, ...) a text answers."""
    comments = [CommentText(number, *author_and_text) for number, author_and_text in enumerate(earlier, start=1)]
    return reply_targets([*comments, CommentText(99, author, text)])[99]


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("@ann yes", 1),
        ("  \n@ann yes", 1),
        ("@ANN: yes", 1),
        ("@ann, yes", 1),
        ("@ann's idea", 1),
        ("**@ann** yes", 1),
        ("@ann. Yes.", 1),
        ("@ann @ben yes", 1),
        ("@ben and @ann yes", 2),
        ("@nobody @ben yes", 2),
        ("@nobody, @noone / @ben yes", 2),
        ("@zoe @ben I go on", 4),
        ("@zoe I go on", 4),
        ("@robot thanks", 3),
        ("@robot[bot] thanks", 3),
        ("@nobody yes", None),
        ("@annabel yes", None),
        ("@ann/team yes", None),
        ("@ann.example yes", None),
        ("@ann@example.com yes", None),
        ("ann@ann yes", None),
        ("@ann-x yes", None),
        ("@ann_x yes", None),
        ("@ann[x] yes", None),
        ("@-ann yes", None),
        ("@" + "a" * 40 + " yes", None),
        ("yes @ann", None),
        ("Thanks, @ann", None),
        ("`@ann` is a decorator", None),
        ("    @ann\n    in code", None),
        ("\t@ann in code", None),
        ("\n\n    @ann in code", None),
        ("```\n@ann\n```", None),
        ("@", None),
        ("", None),
        ("\n \n", None),
    ],
)
def test_initial_mention_selects_the_person(text: str, answers: int | None) -> None:
    assert _target_of(text, ("ann", ANN), ("Ben", BEN), ("robot[bot]", "Beep."), ("zoe", "Hm.")) == answers


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("> Static pages load faster than anything I have built\n\nTrue.", 1),
        (">static PAGES  **load** _faster_ than", 1),
        ("> Static pages load\n> faster than anything\n\nTrue.", 1),
        ("> Static pages load\r\n> faster than anything\r\n\r\nTrue.", 1),
        ("> so far.\n>\n> But comments are hard.\n\nTrue.", 1),
        ("> comments are [hard](https://x/y)", 1),
        ("\n\n> backups are work\n\nTrue.", 2),
        ("> > Static pages load faster\n> regret it, because backups\n\nTrue.", 2),
        ("> > regret it, because backups\n\nTrue.", 2),
        (">> regret it, because backups\n\nTrue.", 2),
        ("On Mon, 3 Feb 2025 at 10:00, Ben <b@example.com> wrote:\n> regret it, because backups\n", 2),
        ("On Mon, 3 Feb 2025 at 10:00, Ben\n<b@example.com> wrote:\n\n> regret it, because backups\n", 2),
        ("Am 3. Februar schrieb Ben:\n> regret it, because backups", 2),
        ("@ben\n> regret it, because backups", 2),
        ("> Hm", 3),
        ("> hm.", 3),
        ("> I agree", None),
        ("> no", None),
        ("> faster than nothing I have built", None),
        ("> tatic pages load faster", None),
        ("> The post itself says something else entirely.\n\nTrue.", None),
        ("> The post itself says something else entirely.\n\n@ben True.", 2),
        ("True.\n\n> Static pages load faster than anything", None),
        ("True:\na\nb\nc\n> Static pages load faster than anything", None),
        ("```:\n> Static pages load faster than anything\n```", None),
        ("x" * 400 + ":\n> Static pages load faster than anything", None),
        ("    > Static pages load faster than anything", None),
        ("> 👍", None),
        (">", None),
        ("> \n>\n", None),
    ],
)
def test_initial_quote_selects_the_comment(text: str, answers: int | None) -> None:
    assert _target_of(text, ("ann", ANN), ("ben", BEN), ("cal", "Hm.")) == answers


def test_nearest_of_several_comments_is_the_target() -> None:
    assert _target_of("@ann yes", ("ann", ANN), ("ann", ANN), ("ben", BEN)) == 2
    assert _target_of("> Static pages load faster", ("ann", ANN), ("ann", ANN), ("ben", BEN)) == 2


def test_quote_wins_over_mention() -> None:
    assert _target_of("@ben\n> Static pages load faster", ("ann", ANN), ("ben", BEN)) == 1
    assert _target_of("> Static pages load faster\n\n@ben see", ("ann", ANN), ("ben", BEN)) == 1


def test_quoted_words_are_not_the_comments_own() -> None:
    assert _target_of("> Static pages load faster", ("ann", ANN), ("ben", "> Static pages load faster\n\nNo.")) == 1


def test_own_comment_may_be_quoted() -> None:
    assert _target_of("> Static pages load faster\n\nAnd:", ("zoe", ANN)) == 1


def test_deleted_account_is_answered_by_quote() -> None:
    assert _target_of("> Static pages load faster", (None, ANN)) == 1
    assert _target_of("@ghost yes", (None, ANN)) is None
    assert _target_of("@ann yes", ("ann", ANN), author=None) == 1


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("今天天气很好，我们去公园散步吧。", "> 我们去公园散"),
        ("Ça dépend vraiment de l’ÉTÉ", "> c\u0327a de\u0301pend vraiment de l'été"),
        ("Статические страницы грузятся быстрее", "> СТАТИЧЕСКИЕ страницы"),
        ("ｆｕｌｌ width letters", "> full width letters"),
    ],
)
def test_quotes_match_in_every_script(text: str, quote: str) -> None:
    assert _target_of(quote, ("ann", text), ("ben", BEN)) == 1


def test_search_for_a_quote_is_bounded() -> None:
    decoy = ("ben", "faster load pages static " * 600)
    assert _target_of("> Static pages load faster", ("ann", ANN), *[decoy] * 3) == 1
    assert _target_of("> Static pages load faster", ("ann", ANN), *[decoy] * 5) is None


def test_no_comments_have_no_targets() -> None:
    assert reply_targets([]) == {}


@pytest.mark.parametrize(
    "hostile",
    [
        *(">" * 1_000_000, ">\n" * 500_000, "> a\n" * 250_000, "@nobody " * 100_000, "@" * 1_000_000, "[" * 1_000_000),
        *("[a](" * 100_000, " " * 1_000_000, "\n" * 1_000_000, "> " + "漢" * 100_000, "x:\n> y\n" * 100_000),
        *(" \n" * 500_000, "and " * 100_000, "*" * 1_000_000, "\t" * 1_000_000, "> " + "[a](b" * 100_000),
    ],
    ids=lambda hostile: repr(hostile[:8]),
)
def test_hostile_comment_does_not_affect_other_targets(hostile: str) -> None:
    comments = [
        CommentText(1, "ann", ANN),
        CommentText(2, "eve", hostile),
        CommentText(3, "ben", "> Static pages load faster"),
    ]
    assert reply_targets(comments) == {1: None, 2: None, 3: 1}


def test_every_quote_in_a_long_thread_is_found() -> None:
    comments = [CommentText(0, "u0", "word0 alpha0 common words in every comment " * 40)]
    for n in range(1, 2_000):
        quoted_index = n * 7919 % n
        text = (
            f"> word{quoted_index} alpha{quoted_index} common words\n\n"
            + f"word{n} alpha{n} common words in every comment " * 40
        )
        comments.append(CommentText(n, f"u{n % 9}", text))
    assert reply_targets(comments) == {0: None} | {n: n * 7919 % n for n in range(1, 2_000)}


@pytest.mark.parametrize(("others", "target"), [(199, 1), (200, None)])
def test_search_for_a_quote_ends_after_two_hundred_comments(others: int, target: int | None) -> None:
    same_words = [CommentText(n, "eve", "letters fourth third second first") for n in range(2, 2 + others)]
    comments = [CommentText(1, "ann", "first second third fourth letters"), *same_words]
    reply = CommentText(999, "ben", "> first second third fourth letters\n\nYes.")
    assert reply_targets([*comments, reply])[999] == target


AUTHORS = st.sampled_from(["ann", "ben", "Cal", "dot[bot]", None])
PIECES = st.sampled_from(
    [
        *(
            "@ann ",
            "@ben ",
            "@CAL ",
            "@dot ",
            "@nobody ",
            "and ",
            "> ",
            ">> ",
            "\n",
            "\n\n",
            "\r\n",
            ": ",
            "wrote:\n",
            "`",
        ),
        *(
            "static pages load faster ",
            "databases need backups ",
            "hm ",
            "yes ",
            "*",
            "[",
            "](",
            ")",
            "    ",
            "漢字",
            "é",
        ),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=30))
THREADS = st.lists(st.tuples(AUTHORS, TEXTS), max_size=12).map(
    lambda rows: [CommentText(100 + 3 * number, *row) for number, row in enumerate(rows)]
)


@given(THREADS)
def test_target_is_always_an_earlier_comment(thread: list[CommentText]) -> None:
    targets = reply_targets(thread)
    assert list(targets) == [comment.id for comment in thread]
    assert all(
        target_id is None or (target_id in targets and target_id < comment_id)
        for comment_id, target_id in targets.items()
    )


@given(THREADS, st.integers(0, 12))
def test_later_comments_change_no_earlier_target(thread: list[CommentText], length: int) -> None:
    targets = reply_targets(thread)
    assert reply_targets(thread[:length]) == {comment.id: targets[comment.id] for comment in thread[:length]}


@given(THREADS, st.integers(0, 12))
def test_unrelated_comment_changes_no_target(thread: list[CommentText], index: int) -> None:
    stranger = CommentText(1, "stranger", "Something different.")
    changed = reply_targets([*thread[:index], stranger, *thread[index:]])
    del changed[1]
    assert changed == reply_targets(thread)


@given(THREADS, st.integers(0, 11))
def test_removal_changes_only_replies_to_the_comment(thread: list[CommentText], index: int) -> None:
    targets = reply_targets(thread)
    rest = reply_targets(thread[:index] + thread[index + 1 :])
    removed_ids = {comment.id for comment in thread[index : index + 1]}
    assert all(
        target_id == targets[comment_id]
        for comment_id, target_id in rest.items()
        if targets[comment_id] not in removed_ids
    )


@given(THREADS, st.integers(0, 11), TEXTS)
def test_edit_changes_only_replies_to_the_comment(thread: list[CommentText], index: int, text: str) -> None:
    before = reply_targets(thread)
    edited_ids = {comment.id for comment in thread[index : index + 1]}
    after = reply_targets(
        [CommentText(comment.id, comment.author, text) if comment.id in edited_ids else comment for comment in thread]
    )
    others = {comment_id for comment_id in before if comment_id not in edited_ids}
    assert all(
        before[comment_id] == after[comment_id] or edited_ids & {before[comment_id], after[comment_id]}
        for comment_id in others
    )


@given(st.text(min_size=1, max_size=80), AUTHORS)
def test_verbatim_quote_finds_its_comment(line: str, author: str | None) -> None:
    text = " ".join(line.replace(">", " ").split()) + " and then some more letters"
    thread = [CommentText(1, author, text), CommentText(2, "ben", f"> {text}\n\nYes.")]
    assert reply_targets(thread)[2] == 1
