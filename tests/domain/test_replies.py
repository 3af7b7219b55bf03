"""Who answers whom, decided from what people wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.replies import CommentText, reply_targets

ANN = "Static pages load faster than anything I have built with a server so far.\n\nBut *comments* are [hard](https://x/y)."
BEN = "I moved mine to a database and regret it, because backups are work."


def target(text: str, *earlier: tuple[str | None, str], author: str | None = "zoe") -> int | None:
    """Say which of the earlier comments (1, 2, ...) a text answers."""
    remarks = [CommentText(number, *who_and_what) for number, who_and_what in enumerate(earlier, start=1)]
    return reply_targets([*remarks, CommentText(99, author, text)])[99]


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
def test_a_mention_at_the_start_names_the_person_answered(text: str, answers: int | None) -> None:
    assert target(text, ("ann", ANN), ("Ben", BEN), ("robot[bot]", "Beep."), ("zoe", "Hm.")) == answers


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
def test_a_quote_at_the_start_names_the_comment_answered(text: str, answers: int | None) -> None:
    assert target(text, ("ann", ANN), ("ben", BEN), ("cal", "Hm.")) == answers


def test_the_nearest_of_several_comments_is_answered() -> None:
    assert target("@ann yes", ("ann", ANN), ("ann", ANN), ("ben", BEN)) == 2
    assert target("> Static pages load faster", ("ann", ANN), ("ann", ANN), ("ben", BEN)) == 2


def test_a_quote_wins_over_a_mention() -> None:
    assert target("@ben\n> Static pages load faster", ("ann", ANN), ("ben", BEN)) == 1
    assert target("> Static pages load faster\n\n@ben see", ("ann", ANN), ("ben", BEN)) == 1


def test_words_that_a_comment_only_quotes_are_not_its_own() -> None:
    assert target("> Static pages load faster", ("ann", ANN), ("ben", "> Static pages load faster\n\nNo.")) == 1


def test_one_may_go_on_by_quoting_oneself() -> None:
    assert target("> Static pages load faster\n\nAnd:", ("zoe", ANN)) == 1


def test_a_deleted_account_is_answered_by_quote() -> None:
    assert target("> Static pages load faster", (None, ANN)) == 1
    assert target("@ghost yes", (None, ANN)) is None
    assert target("@ann yes", ("ann", ANN), author=None) == 1


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
    assert target(quote, ("ann", text), ("ben", BEN)) == 1


def test_reading_for_a_quote_has_an_end() -> None:
    decoy = ("ben", "faster load pages static " * 600)
    assert target("> Static pages load faster", ("ann", ANN), *[decoy] * 3) == 1
    assert target("> Static pages load faster", ("ann", ANN), *[decoy] * 5) is None


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
def test_a_hostile_comment_stands_alone_and_others_are_found_beside_it(hostile: str) -> None:
    remarks = [CommentText(1, "ann", ANN), CommentText(2, "eve", hostile), CommentText(3, "ben", "> Static pages load faster")]
    assert reply_targets(remarks) == {1: None, 2: None, 3: 1}


def test_a_long_thread_of_quotes_finds_each_of_its_targets() -> None:
    remarks = [CommentText(0, "u0", "word0 alpha0 common words in every comment " * 40)]
    for n in range(1, 2_000):
        quoted = n * 7919 % n
        text = (
            f"> word{quoted} alpha{quoted} common words\n\n" + f"word{n} alpha{n} common words in every comment " * 40
        )
        remarks.append(CommentText(n, f"u{n % 9}", text))
    assert reply_targets(remarks) == {0: None} | {n: n * 7919 % n for n in range(1, 2_000)}


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
def test_a_target_is_always_earlier_so_that_there_is_no_cycle(thread: list[CommentText]) -> None:
    targets = reply_targets(thread)
    assert list(targets) == [remark.id for remark in thread]
    assert all(answered is None or (answered in targets and answered < one) for one, answered in targets.items())


@given(THREADS, st.integers(0, 12))
def test_later_comments_change_no_earlier_decision(thread: list[CommentText], length: int) -> None:
    whole = reply_targets(thread)
    assert reply_targets(thread[:length]) == {remark.id: whole[remark.id] for remark in thread[:length]}


@given(THREADS, st.integers(0, 12))
def test_a_stranger_without_the_words_changes_nothing(thread: list[CommentText], place: int) -> None:
    stranger = CommentText(1, "stranger", "Something different.")
    changed = reply_targets([*thread[:place], stranger, *thread[place:]])
    assert {one: answered for one, answered in changed.items() if one != 1} == reply_targets(thread)


@given(THREADS, st.integers(0, 11))
def test_taking_away_a_comment_changes_only_who_answered_it(thread: list[CommentText], place: int) -> None:
    whole = reply_targets(thread)
    rest = reply_targets(thread[:place] + thread[place + 1 :])
    gone = {remark.id for remark in thread[place : place + 1]}
    assert all(answered == whole[one] for one, answered in rest.items() if whole[one] not in gone)


@given(THREADS, st.integers(0, 11), TEXTS)
def test_an_edit_changes_only_who_answered_it_or_answers_it_now(thread: list[CommentText], place: int, text: str) -> None:
    before = reply_targets(thread)
    edited = {remark.id for remark in thread[place : place + 1]}
    after = reply_targets([CommentText(r.id, r.author, text) if r.id in edited else r for r in thread])
    others = {one for one in before if one not in edited}
    assert all(before[one] == after[one] or edited & {before[one], after[one]} for one in others)


@given(st.text(min_size=1, max_size=80), AUTHORS)
def test_a_line_quoted_as_it_is_finds_its_comment(line: str, author: str | None) -> None:
    written = " ".join(line.replace(">", " ").split()) + " and then some more letters"
    thread = [CommentText(1, author, written), CommentText(2, "ben", f"> {written}\n\nYes.")]
    assert reply_targets(thread)[2] == 1
