"""What a response or a failure says of an address that does not lead to Afterword, and what to do. Pure."""

from app.domain.errors import Unreachable
from app.domain.posts.findings import Finding, Severity
from app.github.responses import single_line
from app.outbound.public_address import PublicResponse

_WRONG = "public-address-wrong"
_PROBLEM = "application/problem+json"
_NOT_FOUND = 404
_ADVICE = "Correct AFTERWORD_PUBLIC_URL, or what the proxy does with this address and its Host."
_BACKEND_ADVICE = (
    "Start Afterword, and see in the proxy's log to which address it passes requests, and what fails there."
)
_STATUS_ADVICE = {
    400: "Write AFTERWORD_PUBLIC_URL with https if the server expects that at this port, and see why it refuses this.",
    401: "Let the proxy ask for no password here: browsers of readers and GitHub have none.",
    403: "Let the proxy, firewall or CDN refuse and challenge no request for this address.",
    429: "Raise the limit of requests in the proxy or CDN: a page with comments sends several at once.",
    **dict.fromkeys((502, 503, 504), _BACKEND_ADVICE),
}
_FAILURE_ADVICE = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        (
            "Get a certificate for this name that browsers accept, and let the server send its whole chain: "
            "readers' browsers and GitHub refuse this one."
        ),
    ),
    ("WRONG_VERSION_NUMBER", "Set up https at this port, or write AFTERWORD_PUBLIC_URL with http."),
    ("Name or service not known", "Correct the host name in AFTERWORD_PUBLIC_URL, or its entry in the DNS."),
    ("No address associated", "Correct the host name in AFTERWORD_PUBLIC_URL, or its entry in the DNS."),
)


def is_of_afterword(response: PublicResponse) -> bool:
    """Return True for an error response that Afterword itself has made: proxies make no problem documents."""
    return str(response.headers.get("content-type", "")).startswith(_PROBLEM)


def advice_for(status: int, otherwise: str) -> str:
    """Return what to do about a status that a proxy or CDN has chosen."""
    return _STATUS_ADVICE.get(status, otherwise)


def judge_failure(base_url: str, error: Unreachable, *, origin_url: str | None = None) -> Finding:
    """Return the finding for an address from which no response comes."""
    message = f"{single_line(base_url)}{error.path} cannot be reached ({error.reason.rstrip('.')})."
    if origin_url is not None:
        message = f"{message} {origin_url} redirects there."
    otherwise = "See whether Afterword and what is in front of it run, and whether the name leads there."
    advice = next((advice for text, advice in _FAILURE_ADVICE if text in error.reason), otherwise)
    return Finding("public-address-unreachable", Severity.ERROR, message, advice)


def judge_stranger(base_url: str, path_prefix: str, response: PublicResponse) -> Finding:
    """Return the finding for `/readyz` at an address if it is not answered as by Afterword."""
    if is_of_afterword(response) and response.status == _NOT_FOUND:
        message = f"Afterword answers at {base_url}, and does not know the path that arrives for /readyz."
        advice = f"Let the proxy take {path_prefix or 'what it adds'} away from the path that it passes on."
        return Finding("public-address-prefix", Severity.ERROR, message, advice)
    kind = single_line(response.headers.get("content-type", "no type"))
    message = f"{base_url}/readyz is answered with status {response.status} ({kind}), and not by Afterword."
    return Finding(_WRONG, Severity.ERROR, message, advice_for(response.status, _ADVICE))


def judge_redirect(base_url: str, location: str) -> Finding:
    """Return the finding for a redirect that leads to no Afterword."""
    message = f"{base_url}/readyz redirects to {single_line(location) or 'nowhere'}, and not to Afterword."
    advice = "Correct AFTERWORD_PUBLIC_URL, or let the proxy pass requests for this address on without a redirect."
    return Finding(_WRONG, Severity.ERROR, message, advice)
