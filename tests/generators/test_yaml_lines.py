"""The fast reader of simple lines agrees with the full reader of YAML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.generators.formats.nodes import Unreadable
from app.generators.formats.yaml_lines import read_simple_yaml
from app.generators.formats.yaml_reader import read_yaml

_PIECES = st.sampled_from(
    [
        *(
            "a",
            "b1",
            "41",
            "041",
            "2020-07-01",
            "2020-13-45",
            "10:30",
            "true",
            "é",
            "\u00a0",
            "\u2028",
            "\ufeff",
            "\U0001f600",
        ),
        *(
            ":",
            ": ",
            " :",
            "#",
            " #",
            "# ",
            "-",
            "- ",
            " - ",
            "?",
            "? ",
            ",",
            ", ",
            "[",
            "]",
            "[a, b]",
            "{",
            "}",
            "'",
            '"',
        ),
        *(
            "'x'",
            '"y"',
            "''",
            '""',
            "\\",
            "|",
            ">",
            "&a ",
            "*a",
            "!t ",
            "%",
            "@",
            "`",
            "=",
            "<",
            "<<",
            "\t",
            "\r",
            " ",
            "  ",
        ),
        *("---", "...", "- a", "~", "null"),
        *(
            "'it''s'",
            '"\\"b\\u00e4"',
            "{a: b}",
            "{a: [1, {b: c}]}",
            "[[a], 'b']",
            "[a,",
            "b]",
            "{a: 1,",
            "|-",
            ">-",
            "k: v",
            "- - z",
        ),
    ]
)
_VALUE = st.lists(_PIECES, max_size=4).map("".join)
_LINE = st.one_of(
    st.tuples(st.sampled_from(["title: ", "tags: ", "ghissueid: ", "a:", "  - ", "- ", "# ", "  ", ""]), _VALUE).map(
        "".join
    ),
    st.sampled_from(
        ["  k: v", "    l: w", "  n:", "  - k: v", "    - k: v", "t: |", "t: >-", "  text", "   more", "    end"],
    ),
    st.sampled_from(
        ["tags:", "tags: # x", "  - a", "  - b # c", "- c", "", "a: b", "title: It's: here", "x: [a, 'b', \"c\"]"]
    ),
)
_TEXT = st.tuples(st.lists(_LINE, max_size=7), st.sampled_from(["\n", "\r\n"])).map(lambda pair: pair[1].join(pair[0]))


@settings(max_examples=400)
@given(_TEXT)
def test_fast_reader_agrees_with_full_reader(text: str) -> None:
    simple = read_simple_yaml(text)
    if simple is not None:
        assert simple == read_yaml(text)


@settings(max_examples=100)
@given(_TEXT | st.text(max_size=40))
def test_full_reader_returns_or_refuses_any_text(text: str) -> None:
    try:
        document = read_yaml(text)
    except Unreadable as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either outcome is right
    else:
        assert document.root.line >= 1


@pytest.mark.parametrize(
    "text",
    [
        "title: The Best Interview is No Interview\ndate: 2020-07-01\ntags: [\"Jobs\", 'Two words', plain]\nghissueid: 41\n",
        "\r\ntitle: 'x' # c\r\ntags:\r\n  - a\r\n  - \"b\"\r\n\r\n# comment\r\nurl: /a:b/#c\r\n",
        "tags:\n- a\nempty:\nlast: -1\n",
        "a: \U0001f600 smile, [here]\n",
        "cover:\n    image: \"/images/1.jpg\" # path\n    alt: 'it''s'\n    size: {width: 1, \"height\": [2, 3]}\nghissueid: 41\n",
        'params:\n  author:\n    name: "Ada \\"L\\u00e4\\""\n\n  links:\n  - name: x\n    url: https://x.example/#a\n  - - b\n',
        "tags: [\n  'a',\n  b,\n]\ntext: |\n  one\n\n   two\n  three\nmore: >-\n  four\n  five\n\n  six\n# c\nlast: a\n  b\n",
    ],
)
def test_usual_front_matter_is_read_fast(text: str) -> None:
    assert read_simple_yaml(text) == read_yaml(text)
