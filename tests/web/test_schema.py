"""The whole API as OpenAPI describes it, judged by schemathesis: what is allowed, what is not, and what comes back."""

from dataclasses import replace
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import ChecksConfig, PositiveDataAcceptanceConfig, ProjectConfig, ProjectsConfig
from schemathesis.config import SchemathesisConfig as Config

from app.web.app import create_app
from app.web.context import Webhooks
from tests.web.blog import Blog
from tests.web.webhook_client import FakeReceiver

_CHECKS = ChecksConfig(
    # A cursor that is none of ours and a `since` that is no time have the right form, and are refused for what they say.
    # So has a signature that nobody made.
    positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", "401", "404", "410", "422"]),
)


_CONFIG = Config(projects=ProjectsConfig(default=ProjectConfig(checks=_CHECKS)))
APP = create_app(replace(Blog().serving, webhooks=Webhooks((b"secret",), FakeReceiver())))
API = schemathesis.openapi.from_asgi("/openapi.json", APP, config=_CONFIG)


@API.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: Case[Any]) -> None:
    case.call_and_validate()
