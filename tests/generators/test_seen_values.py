"""Our reader makes of each page what its generator was seen to make of it."""

import re

import pytest

from app.domain.sites import repository
from app.generators.dialects import dialects_of
from app.generators.front_matter import decode
from app.generators.inherited.values import NoInheritance
from app.generators.pages.reader import PageText, read_page
from app.generators.publication.verdicts import Site
from app.generators.read import read_site
from tests.generators.memory_blog import PAGE, Blog
from tests.generators.seen_values import Seen, seen_values

_SITES = (repository("ada/blog"),)
_NOW = 1_795_000_000.0
_SITE = Site(PAGE.parent, now=_NOW, is_posts_folder=True)


@pytest.mark.parametrize("seen", seen_values(), ids=str)
def test_page_is_read_as_its_generator_does(seen: Seen) -> None:
    (dialect, *_) = dialects_of(seen.generator)
    reading = read_page(PageText(PAGE, decode(seen.page)), dialect, _SITE, NoInheritance())
    assert (reading.fails is not None) == (seen.cell == "fails")
    assert (reading.unpublished is not None) == (seen.cell == "no page")
    if seen.cell not in {"fails", "no page"}:
        assert (reading.number.output or None) == seen.printed


@pytest.mark.parametrize("seen", seen_values(), ids=str)
def test_served_number_is_the_printed_one_or_named(seen: Seen) -> None:
    catalog = read_site(Blog({PAGE: seen.page}), _SITES, now=_NOW, generator=seen.generator)
    served = catalog.served(_SITES)[_SITES[0]]
    if seen.printed is None:
        assert not served or catalog.problems  # an older version reads what the newest one fails at
    elif re.fullmatch(r"[1-9][0-9]{0,14}", seen.printed):
        assert served == {int(seen.printed)} or catalog.problems
    else:
        assert catalog.problems
    if seen.cell == "fails":
        assert catalog.problems
