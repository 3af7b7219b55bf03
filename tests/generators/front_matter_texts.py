"""Front matter as people write it, in every language, with the block known apart from what is around it."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

EOL = "\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """A page: `before` and `after` are around the block, and `form` is the language of the block."""

    generator: str
    name: str
    form: str
    before: str
    block: str
    after: str

    @property
    def text(self) -> str:
        """Return the whole page."""
        return self.before + self.block + self.after


_words = st.text("abcdefghijklmnopqrstuvwxyzäé", min_size=1, max_size=8)
_keys = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=7).filter(
    lambda key: key not in {"no", "on", "yes", "off", "null", "true", "false", "params", "extra", "repo", "ghissueid"}
)
_strings = st.text(st.characters(max_codepoint=0x2FF, exclude_categories=["C", "Z"]), max_size=12)
_json_values: st.SearchStrategy[Any] = st.one_of(
    st.integers(-99, 99),
    st.booleans(),
    _strings,
    st.lists(st.integers(0, 9), max_size=3),
    st.just({"a": [1, {"b": "}"}]}),
)
_comments = st.sampled_from(["", " # c", "  # was: 7", "   "])
_yaml_values = st.one_of(
    _words.map(lambda word: [f" {word}"]),
    st.tuples(_words, _comments).map(lambda pair: [f" {pair[0]}{pair[1]}"]),
    _strings.map(lambda text: [f" {json.dumps(text)}"]),
    _words.map(lambda word: [f" '{word} # ''x'' '"]),
    st.lists(_words, min_size=1, max_size=3).map(lambda items: ["", *(f"- {item}" for item in items)]),
    st.lists(_words, min_size=1, max_size=3).map(lambda items: [f" [{', '.join(items)}]  # list"]),
    st.dictionaries(_keys, _words, min_size=1, max_size=2).map(
        lambda items: ["", *(f"  {key}: {value}" for key, value in items.items())]
    ),
    _words.map(lambda word: [" |", f"  {word}: x", "", f"  ghissueid: {word}"]),
    _words.map(lambda word: [" >-", f"  {word}", "  ---", "  # no comment"]),
    _words.map(lambda word: [f' "{word}', f'  {word}: ghissueid:"']),
)
_yaml_noise = st.sampled_from([[], ["# ghissueid: 7"], ["  # indented"], [""]])
_yaml_empty = st.tuples(
    st.sampled_from(["ghissueid", '"ghissueid"', "'ghissueid'"]),
    st.sampled_from(["", " "]),
    st.sampled_from(["", " ", "  # c", " # c", " ~", " null  # c", ' ""', " '' # c"]),
).map(lambda parts: [f"{parts[0]}{parts[1]}:{parts[2]}"])


@st.composite
def _yaml_lines(draw: st.DrawFn) -> list[str]:
    fields = draw(st.dictionaries(_keys, _yaml_values, min_size=1, max_size=5))
    groups = [[f"{key}:{value[0]}", *value[1:]] for key, value in fields.items()]
    if draw(st.booleans()):
        groups.insert(draw(st.integers(0, len(groups))), draw(_yaml_empty))
    return [line for group in groups for line in (*draw(_yaml_noise), *group)]


@st.composite
def _toml_lines(draw: st.DrawFn) -> list[str]:
    values = st.one_of(
        _strings.map(lambda text: json.dumps(text, ensure_ascii=False)),
        st.integers(-9, 9).map(str),
        st.just("[\n  [1],\n  [2], # x\n]"),
        st.just('"""\n[table]\nghissueid = ""\n"""'),
        st.just("'''\n# no comment\n[x]\n'''"),
        st.just("{ ghissueid = 7 }"),
        st.just("2020-07-01"),
    )
    noise = st.sampled_from([[], ["# c"], [""], ["", "# [no.table]"]])
    fields = draw(st.dictionaries(_keys, values, min_size=1, max_size=4))
    groups = [[f"{key} = {value}"] for key, value in fields.items()]
    if draw(st.booleans()):
        empty = st.sampled_from(['ghissueid = ""', "ghissueid=''  # c", '"ghissueid" = "" # c'])
        groups.insert(draw(st.integers(0, len(groups))), [draw(empty)])
    tables = draw(st.dictionaries(_keys.filter(lambda key: key not in fields), values, max_size=2))
    groups += [[f"[{key}]", f"ghissueid = {value}"] for key, value in tables.items()]
    text = "\n".join(line for group in groups for line in (*draw(noise), *group))
    return text.split("\n")


@st.composite
def _json_text(draw: st.DrawFn) -> str:
    empty: st.SearchStrategy[Any] = st.sampled_from([None, ""])
    fields = list(
        draw(
            st.dictionaries(_keys | _strings.filter(lambda key: key.lower() != "ghissueid"), _json_values, max_size=4)
        ).items()
    )
    if draw(st.booleans()):
        fields.insert(draw(st.integers(0, len(fields))), ("ghissueid", draw(empty)))
    indent = draw(st.sampled_from([None, 2, 4, "\t"]))
    return json.dumps(dict(fields), ensure_ascii=False, indent=indent)


_BODIES = st.sampled_from(
    ["", "Text", "Text\n", "\n\nTitle: x\n\n---\nghissueid: 7\n---\n", "# Heading\n\n+++\n", "äöü\ufeff"]
)
_FENCES = {
    "hugo": ("---", "---"),
    "jekyll": ("---", "..."),
    "eleventy": ("---", "---"),
    "astro": ("---", "---"),
    "hexo": ("----", "----"),
    "docusaurus": ("---", "---"),
    "material": ("---", "---"),
    "nikola": ("---", "---"),
    "gatsby": ("---", "---"),
    "vfile-matter": ("---", "---"),
}


@st.composite
def yaml_pages(draw: st.DrawFn) -> Sample:
    """Draw a page with YAML for one of the generators."""
    generator = draw(st.sampled_from(sorted(_FENCES)))
    opening, closing = _FENCES[generator]
    eol = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    bom = draw(st.sampled_from(["", "\ufeff"])) if generator != "vfile-matter" else ""
    block = "".join(line + eol for line in draw(_yaml_lines()))
    opening = "" if generator == "hexo" and draw(st.booleans()) else opening + eol
    after = closing + eol + draw(_BODIES).replace("\n", eol)
    return Sample(generator, "a.md", "yaml", bom + opening, block, after)


@st.composite
def toml_pages(draw: st.DrawFn) -> Sample:
    """Draw a page with TOML for Hugo, Astro or Nikola."""
    generator = draw(st.sampled_from(["hugo", "astro"]))
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    block = "".join(line + eol for line in draw(_toml_lines()))
    return Sample(generator, "a.md", "toml", "+++" + eol, block, "+++" + eol + draw(_BODIES).replace("\n", eol))


@st.composite
def json_pages(draw: st.DrawFn) -> Sample:
    """Draw a page with a JSON object for Hugo or Eleventy, or its members for Hexo."""
    kind = draw(st.sampled_from(["hugo", "eleventy", "hexo"]))
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    text, body = draw(_json_text()).replace("\n", eol), draw(_BODIES).replace("\n", eol)
    if kind == "hugo":
        return Sample(kind, "a.md", "json", "", text, eol + body)
    if kind == "eleventy":
        return Sample(kind, "a.md", "json", f"---json{eol}", text, f"{eol}---{eol}{body}")
    members = text[1:-1].strip() or '"x": 1'
    return Sample(kind, "a.md", "members", draw(st.sampled_from(["", f";;;{eol}"])), members, f"{eol};;;{eol}{body}")


@st.composite
def line_pages(draw: st.DrawFn) -> Sample:
    """Draw a page whose fields are single lines: Org, reStructuredText, Nikola, MultiMarkdown."""
    generator, name, pattern, gap = draw(
        st.sampled_from(
            [
                ("hugo", "a.org", "#+{}: {}", "\n"),
                ("pelican", "a.rst", ":{}: {}", "\n"),
                ("nikola", "a.rst", ".. {}: {}", "\n"),
                ("pelican", "a.md", "{}: {}", "\n"),
            ]
        )
    )
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    fields = list(draw(st.dictionaries(_keys, _words, min_size=1, max_size=4)).items())
    lines = [pattern.format(key, value) for key, value in fields]
    if draw(st.booleans()):
        empty = pattern.format("ghissueid", "")
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from([empty, empty.rstrip(" ")])))
    block = "".join(line + eol for line in lines)
    return Sample(generator, name, pattern, "", block, (gap + "Text: x\n").replace("\n", eol))


def pages() -> st.SearchStrategy[Sample]:
    """Return pages of every language."""
    return st.one_of(yaml_pages(), toml_pages(), json_pages(), line_pages())
