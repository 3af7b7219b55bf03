"""What a proxy made of a stream of events: it must arrive at once, uncompressed. Pure."""

from app.domain.posts.findings import Finding, Severity
from app.github.responses import single_line
from app.outbound.public_address import StreamStart

_OK = 200


def judge_events(start: StreamStart, path: str) -> list[Finding]:
    """Return what is wrong with the beginning of a stream."""
    if start.status not in {_OK, None}:
        message = f"The events at {path} are answered with status {start.status}."
        advice = "See what the proxy does with this path, and Afterword's log."
        return [Finding("events-refused", Severity.WARNING, message, advice)]
    findings = []
    coding = start.headers.get("content-encoding", "identity")
    if coding != "identity":
        message = f"The events arrive compressed ({single_line(coding)}), which holds them back."
        advice = "Let the proxy compress no text/event-stream."
        findings.append(Finding("events-compressed", Severity.WARNING, message, advice))
    elif not start.is_live:
        message = f"Events did not arrive within {start.seconds:.0f} seconds: what is in front holds them back."
        advice = (
            "Switch the proxy's buffering and caching off for paths that end in /events, "
            "or let it obey X-Accel-Buffering; see “Behind a proxy or a CDN” in the README."
        )
        findings.append(Finding("events-buffered", Severity.WARNING, message, advice))
    return findings
