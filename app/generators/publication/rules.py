"""The verdict on a page: first what the configuration leaves out, then the rules of its generator."""

from collections.abc import Callable, Mapping

from app.generators.inherited.expressions import UnfollowedPatternError
from app.generators.publication.exclusion.hugo import hugo_exclusion
from app.generators.publication.exclusion.python_sites import mkdocs_exclusion, pelican_exclusion, sphinx_exclusion
from app.generators.publication.exclusion.script_sites import doubt_by_script, eleventy_exclusion, hexo_exclusion
from app.generators.publication.others import RULES
from app.generators.publication.verdicts import Page, Verdict, no_page

_EXCLUSIONS: Mapping[str, Callable[[Page], str | None]] = {
    "hugo": hugo_exclusion,
    "eleventy": eleventy_exclusion,
    "hexo": hexo_exclusion,
    "pelican": pelican_exclusion,
    "material": mkdocs_exclusion,
    "ablog": sphinx_exclusion,
}


def verdict_on(page: Page) -> Verdict:
    """Return whether a generator makes a page."""
    exclusion = _EXCLUSIONS.get(page.dialect.generator)
    try:
        if reason := exclusion(page) if exclusion else None:
            return no_page(reason)
        doubt = doubt_by_script(page) if page.dialect.generator == "eleventy" else None
        return Verdict(doubt=doubt) if doubt else RULES[page.dialect.generator](page)
    except UnfollowedPatternError as error:
        return Verdict(doubt=f"the configuration leaves pages out by {error}, which cannot be followed")
