"""schemathesis checks the API against its OpenAPI document: valid requests, invalid requests and responses."""

import asyncio
from dataclasses import replace
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import ChecksConfig, PositiveDataAcceptanceConfig, ProjectConfig, ProjectsConfig
from schemathesis.config import SchemathesisConfig as Config

from app.web.app import create_app
from app.web.context import Features, WebhookEndpoint
from tests.web.harness.searched_blog import SearchedBlog
from tests.web.harness.webhook_client import FakeReceiver

_CHECKS = ChecksConfig(
    # A foreign cursor, a `since` that is no time and a wrong signature match the schema and are rejected all the same.
    positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", "401", "404", "410", "422"]),
)


_CONFIG = Config(projects=ProjectsConfig(default=ProjectConfig(checks=_CHECKS)))
_BLOG = SearchedBlog()
asyncio.run(_BLOG.fill())
_FEATURES = Features(webhook=WebhookEndpoint((b"secret",), FakeReceiver()), terms=_BLOG.terms)
APP = create_app(replace(_BLOG.context, features=_FEATURES))
API = schemathesis.openapi.from_asgi("/openapi.json", APP, config=_CONFIG)


@API.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_response_matches_the_schema(case: Case[Any]) -> None:
    case.call_and_validate()
