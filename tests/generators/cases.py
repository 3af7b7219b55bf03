"""Pages with every irregularity of front matter that blogs have, by name: the same pages for every generator."""

from collections.abc import Mapping

_BODY = "\ncase-{name}\n"


def page(name: str, *lines: str, date: str = "date: 2020-07-01") -> bytes:
    """Return a page with these lines in YAML; its text names the case."""
    front = [line for line in (f"title: T {name}", date, *lines) if line]
    return "\n".join(["---", *front, "---", _BODY.format(name=name)]).encode()


def _values() -> dict[str, str]:
    """Return what stands at the field, by case."""
    return {
        "plain": "41",
        "octal": "041",
        "octal-small": "010",
        "octal-two": "0041",
        "octal-o": "0o51",
        "hex": "0x29",
        "binary": "0b101001",
        "underscore": "4_1",
        "thousands": "1,234",
        "point": "41.0",
        "exponent": "4.1e1",
        "exponent-zero": "41e0",
        "plus": "+41",
        "minus": "-41",
        "zero": "0",
        "sexagesimal": "1:30",
        "quoted": '"41"',
        "quoted-octal": '"041"',
        "quoted-spaces": '" 41 "',
        "not-octal": "089",
        "comment": "41 # the old thread",
        "commented": "#41",
        "tilde": "~",
        "empty": "",
        "quoted-null": '"null"',
        "quoted-empty": '""',
        "huge": "12345678901234567890",
        "million": "1234567",
        "list": "[41, 42]",
        "list-block": "\n  - 41\n  - 42",
        "word": "none",
        "true": "true",
        "yes": "yes",
        "map": "{a: 41}",
        "day": "2020-07-01",
        "float-tag": "!!float 41",
        "str-tag": "!!str 041",
        "int-tag": '!!int "41"',
        "own-tag": "!issue 41",
        "no-break-space": "\u00a041",
        "tab-before": "\t41",
        "tab-after": "41\t",
        "folded": ">\n  41",
        "next-line": "\n  41",
        "anchor": "&n 41",
        "hash-joined": "41#old",
        "infinite": ".inf",
        "address": "https://github.com/owner/name/issues/41",
        "hash-quoted": '"#41"',
        "single-quoted": "'41'",
        "comma-end": "41,",
        "point-end": "41.",
        "point-first": ".41",
        "arabic": "\u0664\u0661",
        "plus-octal": "+041",
        "underscore-end": "41_",
        "underscore-octal": "0_51",
        "hex-upper": "0X29",
        "binary-upper": "0B101001",
        "octal-upper": "0O51",
        "exponent-upper": "41E0",
        "exponent-plus": "4.1e+1",
        "exponent-minus": "410e-1",
        "minus-zero": "-0",
        "gap-inside": "4 1",
        "literal": "|\n  41",
        "literal-strip": "|-\n  41",
        "folded-strip": ">-\n  41",
        "escapes": '"\\x34\\x31"',
        "two-lines": '"4\n  1"',
        "list-none": "[]",
        "list-one": "[41]",
        "list-quoted": '["41"]',
        "list-words": "[a, 41]",
        "off": "off",
        "letter-n": "n",
        "letter-y": "y",
        "not-a-number": ".nan",
        "time": "2020-07-01 10:00:00",
        "sexagesimal-long": "1:30:00",
        "sexagesimal-point": "1:30.5",
        "percent-end": "41%",
        "fraction": "41.5",
        "max-safe": "9007199254740993",
        "fifteen": "123456789012345",
        "sixteen": "1234567890123456",
    }


def _lines() -> dict[str, tuple[str, ...]]:
    """Return the lines in front matter that is otherwise plain, by case."""
    field = "ghissueid: 41"
    return {
        "twice": (field, "ghissueid: 42"),
        "twice-same": (field, field),
        "capitals": ("GHissueID: 41",),
        "capitals-after": (field, "GHissueID: 42"),
        "capitals-before": ("GHissueID: 42", field),
        "merge-key": ("base: &b", f"  {field}", "<<: *b"),
        "merge-key-own": ("base: &b", "  ghissueid: 42", field, "<<: *b"),
        "merge-key-before": ("base: &b", "  ghissueid: 42", "<<: *b", field),
        "merge-keys": ("one: &a", f"  {field}", "two: &b", "  ghissueid: 42", "<<: [*a, *b]"),
        "alias": ("number: &n 41", "ghissueid: *n"),
        "params": ("params:", f"  {field}"),
        "params-capitals": ("Params:", "  GHissueID: 41"),
        "params-own": (field, "params:", "  ghissueid: 42"),
        "params-own-empty": ("ghissueid:", "params:", "  ghissueid: 42"),
        "extra": ("extra:", f"  {field}"),
        "nested": ("comments:", f"  {field}"),
        "absent": (),
        "quoted-key": ('"ghissueid": 41',),
        "key-space": ("ghissueid : 41",),
        "complex-key": ("? ghissueid", ": 41"),
        "wrong-updated": (field, "updated: 2020-13-45"),
        "anchor-twice": ("a: &x 1", "b: &x 2", field),
        "title-colon": (field, "subtitle: a: b"),
        "title-tag": (field, "subtitle: !x T"),
        "tags-question": (field, "tags: [a?, b]"),
        "tab-elsewhere": (field, "subtitle: T\t"),
        "tab-indented": (field, "tags:", "\t- a"),
        "separator": (field, "subtitle: a\u2028b"),
        "braces": (field, "subtitle: {{ x }}"),
        "percent": (field, "subtitle: %x"),
        "at-sign": (field, "author: @me"),
        "backtick": (field, "subtitle: `x`"),
        "open-quote": (field, 'subtitle: "x'),
        "bad-escape": (field, 'subtitle: "\\d"'),
        "apostrophe": (field, "subtitle: 'it's'"),
        "flow-open": (field, "tags: [a, b"),
        "text-block": ("summary: |", "  ghissueid: 42", field),
        "long": (field, "picture: " + "a" * 40_000),
        "emoji": (field, "subtitle: \U0001f600"),
        "control": (field, "subtitle: a\u0007b"),
        "in-flow": ("{ghissueid: 41}",),
        "indented-value": (field, "subtitle: a", "  b"),
        "comment-line": ("# ghissueid: 42", field),
        "null-key": (field, "~: 1"),
        "number-key": (field, "1: 2"),
        "true-key": (field, "yes: 2"),
    }


def _frames() -> dict[str, bytes]:
    """Return pages whose front matter stands or ends in another way."""
    inner = "title: T NAME\ndate: 2020-07-01\nghissueid: 41\n"
    usual = f"---\n{inner}---\n"
    texts = {
        "empty-line-before": "\n" + usual,
        "blank-before": " " + usual,
        "bom": "\ufeff" + usual,
        "bom-empty-line": "\ufeff\n" + usual,
        "comment-before": "<!-- a -->\n" + usual,
        "dots": f"---\n{inner}...\n",
        "blanks-opening": f"---  \n{inner}---\n",
        "blanks-closing": f"---\n{inner}---  \n",
        "comment-opening": f"--- # c\n{inner}---\n",
        "not-closed": f"---\n{inner}",
        "closed-longer": f"---\n{inner}---x\n",
        "four-dashes": f"----\n{inner}----\n",
        "no-opening": f"{inner}---\n",
        "yaml-opening": f"---yaml\n{inner}---\n",
        "json-opening": '---json\n{"title": "T NAME", "date": "2020-07-01", "ghissueid": 41}\n---\n',
        "semicolons": ';;;\n"title": "T NAME", "date": "2020-07-01", "ghissueid": 41\n;;;\n',
        "semicolons-closing": '"title": "T NAME", "date": "2020-07-01", "ghissueid": 41\n;;;\n',
        "dashes-inside": f"---\n{inner}summary: |\n  ---\n  a\n---\n",
        "second-block": f"---\ntitle: T NAME\ndate: 2020-07-01\n---\n\n---\n{inner}---\n",
        "js-object": '---js\n{title: "T NAME", date: "2020-07-01", ghissueid: 41}\n---\n',
        "indented-block": "---\n  title: T NAME\n  date: 2020-07-01\n  ghissueid: 41\n---\n",
        "empty-front": "---\n---\nghissueid: 41\n",
    }
    pages = {name: (text.replace("NAME", name) + _BODY.format(name=name)).encode() for name, text in texts.items()}
    pages["crlf"] = _usual("crlf").replace("\n", "\r\n").encode()
    pages["cr"] = _usual("cr").replace("\n", "\r").encode()
    pages["ends-at-closing"] = f"---\n{inner}body: case-ends-at-closing\n---".replace("NAME", "ends").encode()
    pages["latin-1"] = page("latin-1", "ghissueid: 41", "subtitle: caf\u00e9").replace("\u00e9".encode(), b"\xe9")
    pages["null-byte"] = page("null-byte", "ghissueid: 41", "subtitle: a\0b")
    return pages


def _usual(name: str) -> str:
    return page(name, "ghissueid: 41").decode()


def yaml_cases() -> Mapping[str, bytes]:
    """Return the pages with YAML."""
    values = {name: page(name, f"ghissueid: {value}") for name, value in _values().items()}
    values["tab-before"] = page("tab-before", "ghissueid:\t41")
    return {**values, **{name: page(name, *lines) for name, lines in _lines().items()}, **_frames()}


def toml_cases() -> Mapping[str, bytes]:
    """Return the pages with TOML."""
    lines = {
        "toml-plain": "ghissueid = 41",
        "toml-octal": "ghissueid = 041",
        "toml-octal-o": "ghissueid = 0o51",
        "toml-underscore": "ghissueid = 4_1",
        "toml-hex": "ghissueid = 0x29",
        "toml-plus": "ghissueid = +41",
        "toml-point": "ghissueid = 41.0",
        "toml-exponent": "ghissueid = 4.1e1",
        "toml-quoted": 'ghissueid = "41"',
        "toml-twice": "ghissueid = 41\nghissueid = 42",
        "toml-capitals": "GHissueID = 42\nghissueid = 41",
        "toml-params": "[params]\nghissueid = 41",
        "toml-extra": "[extra]\nghissueid = 41",
        "toml-wrong-day": "ghissueid = 41\nupdated = 2020-13-45",
        "toml-inline-lines": "ghissueid = 41\nx = {a = 1,\n b = 2,}",
        "toml-escape": 'ghissueid = 41\nx = "\\e"',
        "toml-no-seconds": "ghissueid = 41\nx = 2020-07-01T10:30Z",
        "toml-list": "ghissueid = [41, 42]",
    }
    return {name: _toml(name, line) for name, line in lines.items()}


def _toml(name: str, lines: str) -> bytes:
    return f'+++\ntitle = "T {name}"\ndate = 2020-07-01\n{lines}\n+++\n{_BODY.format(name=name)}'.encode()


def json_cases() -> Mapping[str, bytes]:
    """Return the pages with JSON."""
    values = {
        "json-plain": '"ghissueid": 41',
        "json-quoted": '"ghissueid": "41"',
        "json-octal": '"ghissueid": "041"',
        "json-point": '"ghissueid": 41.0',
        "json-million": '"ghissueid": 1234567',
        "json-large": '"ghissueid": 123456789012345678',
        "json-twice": '"ghissueid": 41, "ghissueid": 42',
        "json-comma": '"ghissueid": 41,',
        "json-params": '"params": {"ghissueid": 41}',
        "json-capitals": '"GHissueID": 42, "ghissueid": 41',
    }
    return {name: _json(name, value) for name, value in values.items()}


def _json(name: str, members: str) -> bytes:
    return f'{{"title": "T {name}", "date": "2020-07-01", {members}}}\n{_BODY.format(name=name)}'.encode()
