"""The check of the store. It opens nothing for writing: a service may run on the file, or there is none yet."""

import asyncio
from typing import TYPE_CHECKING

from app.cli.doctor.examination import Examination
from app.cli.doctor.report import CheckResult
from app.domain.errors import StoreTooNew
from app.domain.posts.findings import Finding, Severity
from app.store.sqlite.inspection import NEWEST_SCHEMA, Inspection, inspect

if TYPE_CHECKING:
    from app.store.postgres.inspection import DatabaseInspection

_MEGABYTE = 1_000_000
_PATH_ADVICE = "Make the folder, or name another place in AFTERWORD_STORE."
_DAMAGE_ADVICE = (
    "Name another place in AFTERWORD_STORE, or restore the file. A damaged store is made again at the start."
)
_PERMISSION_ADVICE = "Let the user who runs Afterword write the file and its folder."


async def check_store(examination: Examination) -> CheckResult:
    """Check the database or the file of the mirror: there, sound, writable, and of a schema that this version opens."""
    path, database = examination.settings.store_path, examination.settings.database
    if database is not None:
        from app.store.postgres.inspection import inspect as inspect_database  # noqa: PLC0415 - the driver is large

        return judge_database(await asyncio.to_thread(inspect_database, database))
    if path is None:
        return CheckResult("store", "The mirror is in memory: each start reads everything again.", is_skipped=True)
    inspection = await asyncio.to_thread(inspect, path)
    return judge_store(path, inspection)


def judge_database(inspection: "DatabaseInspection") -> CheckResult:
    """Return what the state of a database means."""
    if inspection.problem is not None:
        code = "store-too-new" if isinstance(inspection.problem, StoreTooNew) else "store-unusable"
        message, _, advice = str(inspection.problem).partition("). ")
        finding = Finding(code, Severity.ERROR, f"{message}).", advice) if advice else _schema_finding(code, message)
        return CheckResult("store", f"{inspection.name} cannot be used.", (finding,))
    detail = f"{inspection.name}: PostgreSQL {inspection.server}, {inspection.size / _MEGABYTE:,.1f} MB"
    schema = f"schema {inspection.schema}" if inspection.schema else "no tables yet: the first start makes them"
    return CheckResult("store", f"{detail}, {schema}.")


def _schema_finding(code: str, message: str) -> Finding:
    return Finding(code, Severity.ERROR, message, "Start the version that wrote it, or name another store.")


def judge_store(path: str, inspection: Inspection) -> CheckResult:
    """Return what the state of a file means."""
    if not inspection.exists and inspection.problem is None and inspection.is_writable:
        return CheckResult("store", f"There is no {path} yet: the first start makes it.", is_skipped=True)
    findings = tuple(_findings(path, inspection))
    schema = f", schema {inspection.schema}" if inspection.schema else ""
    size = f"{inspection.size / _MEGABYTE:,.1f} MB"
    detail = f"{path}: {size}{schema}." if inspection.exists else f"{path} cannot be made."
    return CheckResult("store", detail, findings)


def _findings(path: str, inspection: Inspection) -> list[Finding]:
    findings = []
    if inspection.problem is not None:
        message = f"The store {path} cannot be used: {inspection.problem}."
        advice = _DAMAGE_ADVICE if inspection.exists else _PATH_ADVICE
        findings.append(Finding("store-unusable", Severity.ERROR, message, advice))
    elif not inspection.is_writable:
        message = f"The store {path} cannot be written."
        findings.append(Finding("store-read-only", Severity.ERROR, message, _PERMISSION_ADVICE))
    if inspection.schema is not None and inspection.schema > NEWEST_SCHEMA:
        message = f"The store {path} has schema {inspection.schema}; this version knows {NEWEST_SCHEMA} at most."
        advice = "Start the version that wrote it, or name another store in AFTERWORD_STORE."
        findings.append(Finding("store-too-new", Severity.ERROR, message, advice))
    return findings
