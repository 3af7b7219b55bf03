"""The doctor's check of a public address, as for an owner with these settings."""

from app.cli.doctor.examination import Examination
from app.cli.doctor.public.check import check_public_address
from app.cli.doctor.report import CheckResult
from app.outbound.clock import SystemClock
from app.outbound.github import HttpGitHub
from app.settings import load
from app.simulator.world.sample import SAMPLE_REPO
from tests.proxies.proxied_service import SECRET

ORIGINS = "https://blog.example.com"


async def check_address(url: str, github: HttpGitHub, *, event_wait: float = 20.0, **options: str) -> CheckResult:
    """Return the result of the check of a public address, for a doctor with these settings."""
    values = {"repo": SAMPLE_REPO, "public_url": url, "origins": ORIGINS, "webhook_secret": SECRET, **options}
    settings = load({**values, "store": "memory:"}, env_file=None)
    return await check_public_address(Examination(settings, SystemClock(), lambda: 0.0, github, event_wait=event_wait))
