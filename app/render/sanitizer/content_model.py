"""Where elements may stand, and which ones end others.

Follows https://html.spec.whatwg.org/multipage/parsing.html
"""

from collections.abc import Mapping

VOID = frozenset({"br", "hr", "img", "wbr", "source", "input"})
PARAGRAPH = frozenset({"p"})
ANCHOR = frozenset({"a"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LISTS = frozenset({"ul", "ol"})
SECTIONS = frozenset({"thead", "tbody", "tfoot"})
ROW = frozenset({"tr"})
TABLE = frozenset({"table"})
PARENTS: Mapping[str, frozenset[str]] = {
    "li": LISTS,
    **dict.fromkeys(("dt", "dd"), frozenset({"dl"})),
    **dict.fromkeys(("rt", "rp"), frozenset({"ruby"})),
    "tr": SECTIONS | TABLE,
    **dict.fromkeys(("td", "th"), ROW),
    **dict.fromkeys((*SECTIONS, "caption"), TABLE),
}
TABLE_PARTS = frozenset({"caption", "td", "th"}) | SECTIONS | ROW
TABLE_STRUCTURE = TABLE | SECTIONS | ROW  # a browser moves text directly in these out of the table
SCOPES = frozenset({"table", "td", "th", "caption"})  # an implied end tag closes nothing outside these
BLOCKS = PARAGRAPH | TABLE | LISTS | HEADINGS | {"dl", "dt", "dd", "li", "div", "pre", "blockquote", "hr"}
BLOCKS |= {"section", "details", "summary", "figure", "figcaption"}
