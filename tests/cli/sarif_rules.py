"""The structural rules of SARIF 2.1.0 that the doctor's logs touch, and what GitHub's code scanning adds to them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

LEVELS = {"none", "note", "warning", "error"}
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_RULE_ID = re.compile(r"[a-z0-9-]+")


def check_log(log: Mapping[str, Any]) -> None:
    """Fail if a log breaks a rule."""
    assert log["version"] == "2.1.0"
    assert urlsplit(log["$schema"]).scheme == "https"
    assert set(log) <= {"$schema", "version", "runs"}
    for run in log["runs"]:
        _check_run(run)


def _check_run(run: Mapping[str, Any]) -> None:
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = [rule["id"] for rule in driver["rules"]]
    notifications = [descriptor["id"] for descriptor in driver["notifications"]]
    for ids in (rules, notifications):
        assert len(ids) == len(set(ids))
        assert all(_RULE_ID.fullmatch(name) for name in ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for invocation in run["invocations"]:
        _check_invocation(invocation, notifications)
    for result in run["results"]:
        _check_result(result, rules, run["originalUriBaseIds"])


def _check_invocation(invocation: Mapping[str, Any], ids: list[str]) -> None:
    assert isinstance(invocation["executionSuccessful"], bool)
    assert isinstance(invocation["exitCode"], int)
    for name in ("toolConfigurationNotifications", "toolExecutionNotifications"):
        for notification in invocation[name]:
            assert notification["descriptor"]["id"] in ids
            assert notification["message"]["text"]
            assert notification["level"] in LEVELS


def _check_result(result: Mapping[str, Any], rules: list[str], bases: Mapping[str, Any]) -> None:
    assert rules[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in LEVELS
    assert result["message"]["text"]
    assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
    (location,) = result["locations"]  # GitHub reads the first, and refuses a result without one
    physical = location["physicalLocation"]
    artifact = physical["artifactLocation"]
    assert artifact["uriBaseId"] in bases
    assert _URI.fullmatch(artifact["uri"])
    assert not urlsplit(artifact["uri"]).scheme
    assert not unquote(artifact["uri"]).startswith("/")
    if "region" in physical:
        assert physical["region"]["startLine"] >= 1
