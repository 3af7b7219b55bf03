"""schemathesis checks the API against its OpenAPI document: valid requests, invalid requests and responses."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import ChecksConfig, PositiveDataAcceptanceConfig, ProjectConfig, ProjectsConfig
from schemathesis.config import SchemathesisConfig as Config
from schemathesis.schemas import BaseSchema

from app.web.app import create_app
from app.web.context import Features, WebhookEndpoint
from tests.web.harness.searched_blog import SearchedBlog
from tests.web.harness.webhook_client import FakeReceiver

_CHECKS = ChecksConfig(
    # A foreign cursor, a `since` that is no time and a wrong signature match the schema and are rejected all the same.
    positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", "401", "404", "410", "422"]),
)


_CONFIG = Config(projects=ProjectsConfig(default=ProjectConfig(checks=_CHECKS)))
API = schemathesis.pytest.from_fixture("api")


@pytest.fixture
def api(request: pytest.FixtureRequest) -> BaseSchema:
    """Read the document in the one process that tests it, not in each that collects tests: examples are derived, too."""
    request.node._nodeid = request.node.nodeid  # which pytest 9.2 does not set, and schemathesis 4.32 reads
    blog = SearchedBlog()
    asyncio.run(blog.fill())
    features = Features(webhook=WebhookEndpoint((b"secret",), FakeReceiver()), terms=blog.terms)
    app = create_app(replace(blog.context, features=features))
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=_CONFIG)


@pytest.mark.timeout(300)
@API.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_response_matches_the_schema(case: Case[Any]) -> None:
    case.call_and_validate()
