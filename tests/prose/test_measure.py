"""The measure finds what it should in small sources, and lets the field's terms pass."""

import pytest

from tests.prose import sentences, structure
from tests.prose.identifiers import find_identifiers
from tests.prose.participles import check_participles
from tests.prose.sources import Finding, parse
from tests.prose.vocabulary import check_old_names

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("found = 1", "found"),
        ("def f(_kept): ...", "_kept"),
        ("class Said: ...", "Said"),
        ("class A:\n    def f(self):\n        self._judged = f()", "_judged"),
        ("RENEWED = 5", "RENEWED"),
        ("put_off = moved_from = 1", "moved_from"),
        ("untold = 1", "untold"),
        ("for shown in rows: ...", "shown"),
    ],
)
def test_participles_are_found(text: str, name: str) -> None:
    assert [finding.word for finding in check_participles(find_identifiers(parse(text)))] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "heard_at = claimed_until = delivered_since = closed_by = 1",
        "class A:\n    locked: str\n    changed: bool",
        "class Gone(Exception): ...",
        "class A:\n    def f(self):\n        self._started = False",
        "class State(StrEnum):\n    FAILED = 'failed'",
        "feed = seed = speed = 1",
        "served_sites = rendered_html = 1",
    ],
)
def test_terms_of_the_field_pass(text: str) -> None:
    assert check_participles(find_identifiers(parse(text))) == []


def test_a_name_counts_once_per_scope() -> None:
    identifiers = find_identifiers(parse("def f(a):\n    b = a\n    b = 1\n\nb = 2", "app/m.py"))
    assert [(identifier.scope, identifier.name) for identifier in identifiers] == [
        ("", "m"),
        ("module", "f"),
        ("module.f", "a"),
        ("module.f", "b"),
        ("module", "b"),
    ]


@pytest.mark.parametrize("text", ["place = 1", "def _put_absence(): ...", "class PulseTask: ...", "one = 1"])
def test_old_names_are_found(text: str) -> None:
    assert len(check_old_names(find_identifiers(parse(text)))) == 1


@pytest.mark.parametrize("text", ["one_by_one = 1", "placement = 1", "job = 1", "front_matter = 1"])
def test_similar_names_pass(text: str) -> None:
    assert check_old_names(find_identifiers(parse(text))) == []


def test_an_old_name_may_stay_in_exempt_folders() -> None:
    assert check_old_names(find_identifiers(parse("origin = 1", "app/web/example.py"))) == []


def test_a_phrase_is_found_across_lines() -> None:
    source = parse('"""Text.\n\nIt waits for\never.\n"""')
    findings = sentences.check_phrases(sentences.find_docstrings(source))
    assert findings == [Finding("app/example.py", 3, "for ever", 'say "until stopped" or "permanently"')]


@pytest.mark.parametrize("text", ["# written\n# anew", "raise ValueError('written anew')", "print(f'{x} anew')"])
def test_comments_and_messages_are_searched(text: str) -> None:
    source = parse(text)
    passages = sentences.find_comments(source) + sentences.find_strings(source)
    assert [finding.word for finding in sentences.check_phrases(passages)] == ["anew"]


@pytest.mark.parametrize(("first", "is_imperative"), [("Return", True), ("Refresh,", True), ("The", False)])
def test_docstrings_are_judged_by_their_verb(first: str, is_imperative: bool) -> None:  # noqa: FBT001
    [docstring] = sentences.describe_functions(parse(f'def f():\n    """{first} it."""'))
    assert docstring.is_imperative is is_imperative


def test_docstrings_of_properties_do_not_count() -> None:
    assert sentences.describe_functions(parse('@property\ndef f():\n    """The name."""')) == []


def test_collaborators_are_our_classes_and_callables() -> None:
    source = parse(
        "class Clock: ...\n"
        "class A:\n"
        "    def __init__(self, a: Clock, b: 'Clock | None', c: Callable[[], int], d: Mapping[str, Clock], e: int): ..."
    )
    assert structure.find_constructors([source])[0].collaborators == ("a", "b", "c")


def test_code_lines_leave_out_texts() -> None:
    source = parse('"""Text."""\n\n# comment\na = """\ntext\n"""\n"""Note."""\nb = 1\n')
    assert structure.count_code_lines(source) == 4


def test_long_test_names_are_found() -> None:
    source = parse("def test_a_b_c_d_e_f_g_h_i(): ...\ndef test_a_b_c_d_e_f_g_h_i_j(): ...")
    assert [finding.line for finding in structure.check_test_names([source])] == [2]


def test_helpers_belong_in_their_own_modules() -> None:
    source = parse("class Fake: ...\ndef _short(): ...\n@pytest.fixture\ndef f(): ...", "tests/test_a.py")
    assert [finding.word for finding in structure.check_test_helpers([source])] == ["Fake"]
