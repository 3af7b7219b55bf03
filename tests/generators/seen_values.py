"""What the generators were seen to print at the field `ghissueid`, case by case.

A cell is what a template prints; a cell in quotes is a string. `–`: nothing there. `fails`: the whole build ends with a
failure. `no page`: this page alone is left out. Each page has a title, a day, the case and a text.
"""

from dataclasses import dataclass

_COLUMNS = (
    *("hugo", "hugo-0.111", "jekyll", "eleventy", "astro", "hexo", "docusaurus", "material", "nikola", "pelican"),
    *("gray-matter", "vfile-matter"),
)
_TABLE = r"""
041 | 33 | 33 | 33 | 41 | 41 | 41 | 41 | 33 | 41 | 041 | 33 | 41
010 | 8 | 8 | 8 | 10 | 10 | 10 | 10 | 8 | 10 | 010 | 8 | 10
0041 | 33 | 33 | 33 | 41 | 41 | 41 | 41 | 33 | 41 | 0041 | 33 | 41
0o51 | 41 | 41 | "0o51" | 41 | 41 | 41 | 41 | "0o51" | 41 | 0o51 | "0o51" | 41
0x29 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 0x29 | 41 | 41
0b101001 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 0b101001 | 41 | "0b101001"
4_1 | 41 | 41 | 41 | "4_1" | "4_1" | "4_1" | "4_1" | 41 | 41 | 4_1 | 41 | "4_1"
1,234 | "1,234" | "1,234" | 1234 | "1,234" | "1,234" | "1,234" | "1,234" | "1,234" | "1,234" | 1,234 | "1,234" | "1,234"
41.0 | 41 | 41 | 41.0 | 41 | 41 | 41 | 41 | 41.0 | 41.0 | 41.0 | 41 | 41
4.1e1 | 41 | 41 | "4.1e1" | 41 | 41 | 41 | 41 | "4.1e1" | 41.0 | 4.1e1 | 41 | 41
41e0 | "41e0" | 41 | "41e0" | 41 | 41 | 41 | 41 | "41e0" | 41.0 | 41e0 | 41 | 41
+41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | +41 | 41 | 41
1:30 | "1:30" | "1:30" | 5400 | "1:30" | "1:30" | "1:30" | "1:30" | 90 | "1:30" | 1:30 | 90 | "1:30"
"041" | "041" | "041" | "041" | "041" | "041" | "041" | "041" | "041" | "041" | QUOTED | "041" | "041"
" 41 " | " 41 " | " 41 " | " 41 " | " 41 " | " 41 " | " 41 " | " 41 " | " 41 " | " 41 " | QUOTED | " 41 " | " 41 "
089 | "089" | 89 | "089" | 89 | 89 | 89 | 89 | "089" | 89 | 089 | "089" | 89
41 # the old thread | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 # the old thread | 41 | 41
#41 | – | – | – | – | – | – | – | – | – | #41 | – | –
~ | – | – | – | – | – | – | – | – | – | ~ | – | –
empty | – | – | – | – | – | – | – | – | – | – | – | –
"null" | "null" | "null" | "null" | "null" | "null" | "null" | "null" | "null" | "null" | QUOTED | "null" | "null"
41, then 42 | fails | 42 | 42 | fails | fails | no page | fails | 42 | fails | ['41', '42'] | fails | fails
the same twice | fails | 41 | 41 | fails | fails | no page | fails | 41 | fails | ['41', '41'] | fails | fails
12345678901234567890 | 12345678901234567890 | 12345678901234567890 | 12345678901234567890 | 12345678901234567000 | 12345678901234567000 | 12345678901234567000 | 12345678901234567000 | 12345678901234567890 | 12345678901234567890 | 12345678901234567890 | 12345678901234567000 | 12345678901234567000
GHissueID: 41 | 41 | 41 | – | – | – | – | – | – | – | 41 | – | –
small 41, capitals 42 | 42 | 42 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | ['41', '42'] | 41 | 41
capitals 42, small 41 | 42 | 42 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | ['42', '41'] | 41 | 41
merge key | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | –
alias | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | *n | 41 | 41
params 41 | 41 | – | – | – | – | – | – | – | – | 41 | – | –
own 41, params 42 | 42 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | ['41', '42'] | 41 | 41
own empty, params 42 | 42 | – | – | – | – | – | – | – | – | ['', '42'] | – | –
[41, 42] | [41 42] | [41 42] | 4142 | 41,42 | 4142 | 41,42 | 41,42 | [41, 42] | [41, 42] | [41, 42] | 41,42 | 41,42
!!float 41 | 41 | 41 | 41.0 | 41 | 41 | 41 | 41 | 41.0 | 41.0 | !!float 41 | 41 | 41
!issue 41 | "41" | "41" | 41 | fails | fails | no page | fails | fails | fails | !issue 41 | fails | "41"
no-break space | "␣41" | "␣41" | "␣41" | "␣41" | "␣41" | "␣41" | "␣41" | "␣41" | "␣41" | 41 | "␣41" | "␣41"
tab after the colon | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | fails | 41 | 41 | 41
tab after 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | fails | 41 | 41 | 41
empty line before | 41 | 41 | – | – | 41 | 41 | – | fails | fails | no page | – | –
blank before --- | 41 | 41 | – | – | – | no page | – | fails | fails | no page | – | –
BOM | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | –
BOM, empty line | 41 | 41 | – | – | 41 | 41 | – | fails | fails | no page | – | –
comment line before | – | – | – | – | – | – | – | fails | fails | no page | – | –
closed by ... | fails | fails | 41 | fails | – | – | fails | 41 | fails | 41 | fails | –
blanks after opening --- | 41 | 41 | 41 | 41 | 41 | – | 41 | 41 | fails | 41 | 41 | –
blanks after closing --- | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | 41 | 41 | –
--- # c opens | 41 | 41 | – | fails | 41 | – | fails | fails | fails | 41 | fails | –
CRLF | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41
CR | 41 | 41 | – | – | – | – | – | 41 | 41 | 41 | – | fails
not closed | fails | fails | – | fails | – | – | fails | fails | fails | 41 | fails | –
closed by ---x | 41 | 41 | – | 41 | 41 | 41 | 41 | fails | fails | 41 | 41 | –
no opening --- | – | – | – | – | – | 41 | – | fails | fails | 41 | – | –
ends at closing --- | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | fails | 41 | 41 | 41
---yaml opens | fails | fails | – | 41 | fails | – | 41 | fails | fails | 41 | 41 | –
tab as indentation | fails | fails | no page | fails | fails | 41 | fails | fails | fails | 41 | 41 | fails
updated: 2020-13-45 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | fails | 41 | 41 | 41
date: 2020-13-45 | fails | 41 | fails | 41 | 41 | 41 | 41 | fails | fails | no page | 41 | 41
anchor twice | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | 41 | 41 | 41 | 41
title: a: b | fails | fails | no page | fails | fails | no page | fails | fails | fails | 41 | fails | fails
title: !x T | 41 | 41 | 41 | fails | fails | no page | fails | fails | fails | 41 | fails | 41
tags: [a?, b] | 41 | fails | 41 | 41 | 41 | 41 | 41 | fails | 41 | 41 | 41 | 41
tab after another value | 41 | 41 | 41 | 41 | 41 | 41 | 41 | fails | fails | – | 41 | 41
U+2028 in the title | 41 | fails | no page | 41 | 41 | 41 | 41 | fails | 41 | 41 | 41 | 41
title: {{ x }} | fails | fails | 41 | 41 | 41 | 41 | fails | fails | fails | 41 | 41 | 41
one byte of Latin-1 | 41 | fails | no page | 41 | 41 | 41 | 41 | fails | fails | no page | 41 | 41
"""
_OTHER_COLUMNS = ("hugo", "astro", "eleventy", "hexo", "docusaurus")
_OTHER_TABLE = r"""
TOML 041 | fails | fails | – | – | –
TOML 0o51 | 41 | 41 | – | – | –
TOML 4_1 | 41 | 41 | – | – | –
TOML 0x29 | 41 | 41 | – | – | –
TOML +41 | 41 | 41 | – | – | –
TOML 41.0 | 41 | 41 | – | – | –
TOML 4.1e1 | 41 | 41 | – | – | –
TOML twice | fails | fails | – | – | –
TOML capitals 42, small 41 | 42 | 41 | – | – | –
TOML params | 41 | – | – | – | –
TOML wrong day | fails | fails | – | – | –
TOML table in lines | 41 | 41 | – | – | –
TOML escape | 41 | 41 | – | – | –
TOML no seconds | 41 | 41 | – | – | –
JSON 41 | 41 | – | – | – | –
JSON "41" | "41" | – | – | – | –
JSON "041" | "041" | – | – | – | –
JSON 41.0 | 41 | – | – | – | –
JSON 1234567 | 1.234567e+06 | – | – | – | –
JSON twice | 42 | – | – | – | –
JSON comma at the end | fails | – | – | – | –
---json | fails | fails | 41 | – | 41
;;; opens and closes | – | – | – | 41 | –
;;; closes | – | – | – | 41 | –
---js object | fails | fails | 41 | – | 41
---js statements | fails | – | 41 | – | fails
"""
_VALUES = (
    *(
        "041",
        "010",
        "0041",
        "0o51",
        "0x29",
        "0b101001",
        "4_1",
        "1,234",
        "41.0",
        "4.1e1",
        "41e0",
        "+41",
        "1:30",
        '"041"',
    ),
    *('" 41 "', "089", "41 # the old thread", "#41", "~", '"null"', "12345678901234567890", "[41, 42]", "!!float 41"),
    "!issue 41",
)
_LINES = {
    "empty": "ghissueid:",
    "41, then 42": "ghissueid: 41\nghissueid: 42",
    "the same twice": "ghissueid: 41\nghissueid: 41",
    "GHissueID: 41": "GHissueID: 41",
    "small 41, capitals 42": "ghissueid: 41\nGHissueID: 42",
    "capitals 42, small 41": "GHissueID: 42\nghissueid: 41",
    "merge key": "base: &b\n  ghissueid: 41\n<<: *b",
    "alias": "number: &n 41\nghissueid: *n",
    "params 41": "params:\n  ghissueid: 41",
    "own 41, params 42": "ghissueid: 41\nparams:\n  ghissueid: 42",
    "own empty, params 42": "ghissueid:\nparams:\n  ghissueid: 42",
    "no-break space": "ghissueid: \u00a041",
    "tab after the colon": "ghissueid:\t41",
    "tab after 41": "ghissueid: 41\t",
    "tab as indentation": "ghissueid: 41\ntags:\n\t- a",
    "updated: 2020-13-45": "ghissueid: 41\nupdated: 2020-13-45",
    "anchor twice": "a: &x 1\nb: &x 2\nghissueid: 41",
    "tags: [a?, b]": "tags: [a?, b]\nghissueid: 41",
    "tab after another value": "tags:\n  - a\t\nghissueid: 41",
}
_TITLES = {
    "title: a: b": "title: a: b",
    "title: !x T": "title: !x T",
    "U+2028 in the title": "title: a\u2028b",
    "title: {{ x }}": "title: {{ x }}",
}
_INNER = "title: T\ndate: 2020-07-01\nghissueid: 41\n"
_USUAL = f"---\n{_INNER}---\n"
_BODY = "\nText\n"
_PAGES = {
    "empty line before": f"\n{_USUAL}",
    "blank before ---": f" {_USUAL}",
    "BOM": f"\ufeff{_USUAL}",
    "BOM, empty line": f"\ufeff\n{_USUAL}",
    "comment line before": f"<!-- c -->\n{_USUAL}",
    "closed by ...": f"---\n{_INNER}...\n",
    "blanks after opening ---": f"---  \n{_INNER}---\n",
    "blanks after closing ---": f"---\n{_INNER}---  \n",
    "--- # c opens": f"--- # c\n{_INNER}---\n",
    "not closed": f"---\n{_INNER}",
    "closed by ---x": f"---\n{_INNER}---x\n",
    "no opening ---": f"{_INNER}---\n",
    "---yaml opens": f"---yaml\n{_INNER}---\n",
    "date: 2020-13-45": _USUAL.replace("2020-07-01", "2020-13-45"),
    "---json": '---json\n{"title": "T", "date": "2020-07-01", "ghissueid": 41}\n---\n',
    ";;; opens and closes": ';;;\n"title": "T", "ghissueid": 41\n;;;\n',
    ";;; closes": '"title": "T", "ghissueid": 41\n;;;\n',
    "---js object": '---js\n{title: "T", date: "2020-07-01", ghissueid: 41}\n---\n',
    "---js statements": '---js\nconst title = "T";\nconst ghissueid = 41;\n---\n',
}
_TOML = {
    **{f"TOML {value}": f"ghissueid = {value}" for value in ("041", "0o51", "4_1", "0x29", "+41", "41.0", "4.1e1")},
    "TOML twice": "ghissueid = 41\nghissueid = 42",
    "TOML capitals 42, small 41": "GHissueID = 42\nghissueid = 41",
    "TOML params": "[params]\nghissueid = 41",
    "TOML wrong day": "ghissueid = 41\nupdated = 2020-13-45",
    "TOML table in lines": "ghissueid = 41\nx = {a = 1,\n b = 2,}",
    "TOML escape": 'ghissueid = 41\nx = "\\e"',
    "TOML no seconds": "ghissueid = 41\nx = 2020-07-01T10:30Z",
}
_JSON = {
    **{f"JSON {value}": f'"ghissueid": {value}' for value in ("41", '"41"', '"041"', "41.0", "1234567")},
    "JSON twice": '"ghissueid": 41, "ghissueid": 42',
    "JSON comma at the end": '"ghissueid": 41,',
}


def _pages() -> dict[str, bytes]:
    lines = {**{value: f"ghissueid: {value}" for value in _VALUES}, **_LINES}
    texts = {name: f"---\ntitle: T\ndate: 2020-07-01\n{line}\n---\n" for name, line in lines.items()}
    texts |= {name: f"---\n{line}\ndate: 2020-07-01\nghissueid: 41\n---\n" for name, line in _TITLES.items()}
    texts |= {name: f'+++\ntitle = "T"\ndate = 2020-07-01\n{line}\n+++\n' for name, line in _TOML.items()}
    texts |= {name: f'{{"title": "T", "date": "2020-07-01", {text}}}\n' for name, text in _JSON.items()}
    texts |= _PAGES
    usual = _USUAL + _BODY
    return {
        **{name: (text + _BODY).encode() for name, text in texts.items()},
        "CRLF": usual.replace("\n", "\r\n").encode(),
        "CR": usual.replace("\n", "\r").encode(),
        "ends at closing ---": _USUAL.removesuffix("\n").encode(),
        "one byte of Latin-1": usual.replace("title: T", "title: Caf\u00e9").encode("latin-1"),
    }


@dataclass(frozen=True, slots=True)
class Seen:
    """What a generator made of a page."""

    case: str
    generator: str
    page: bytes
    cell: str

    @property
    def printed(self) -> str | None:
        """Return what the page prints; None if it prints nothing, fails or is left out."""
        if self.cell in {"–", "fails", "no page"}:
            return None
        if self.cell == "QUOTED":
            return self.case
        quoted = self.cell.startswith('"')
        return (self.cell[1:-1] if quoted else self.cell).replace("␣", "\u00a0")

    def __str__(self) -> str:
        return f"{self.generator}: {self.case}"


def seen_values() -> list[Seen]:
    """Return every cell of both tables."""
    pages = _pages()
    rows: list[tuple[str, tuple[str, ...]]] = [(row, _COLUMNS) for row in _TABLE.strip().split("\n")]
    rows += [(row, _OTHER_COLUMNS) for row in _OTHER_TABLE.strip().split("\n")]
    return [
        Seen(case, generator, pages[case], cell)
        for row, columns in rows
        for case, *cells in [row.split(" | ")]
        for generator, cell in zip(columns, cells, strict=True)
    ]
