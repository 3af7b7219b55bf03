"""“Check now”, as the page's forms and the API ask for it."""

from starlette.requests import Request

from app.domain.errors import InvalidParameter
from app.domain.records import ThreadRef
from app.serving.owner.checks import CheckOutcome
from app.web.context import web_context
from app.web.pages.owner.access import owner_desk
from app.web.reads.parsing import is_positive_integer


async def check(request: Request, number: str, repo: str | None) -> CheckOutcome:
    """Check a thread, or `all`. Raises `InvalidParameter` for a thread that nothing here knows, and `NotServed`."""
    desk = owner_desk(request)
    if number == "all":
        return await desk.checks.check_all()
    if not is_positive_integer(number):
        raise InvalidParameter("ghissueid", "the number of a thread, or `all`")
    site = await web_context(request).site(repo)
    ref = ThreadRef(site.repo, int(number))
    if not await desk.overview.is_known(ref):
        raise InvalidParameter("ghissueid", "the number of a thread that is mirrored, or that a post names")
    return await desk.checks.check(ref)
