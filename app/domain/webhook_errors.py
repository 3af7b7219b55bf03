"""Why a webhook delivery is rejected, in words for its sender: a branch of the hierarchy in `app.domain.errors`.

WebhookError
├── MissingSecret         no secret is configured to verify its signature with
├── InvalidSignature      missing, malformed, or made with another secret
├── OutdatedSignature     SHA-1 only
├── DeliveryTooLarge      larger than any of GitHub's
├── UnsupportedMediaType  neither JSON nor a form
└── MalformedDelivery     signed, but not as GitHub documents it
"""

from dataclasses import dataclass

from app.domain.errors import AfterwordError


class WebhookError(AfterwordError):
    """A webhook delivery that is rejected; nothing of it was stored."""


class MissingSecret(WebhookError):
    """No secret is configured to verify the signature of a delivery with."""

    template = (
        "No webhook secret is configured, so deliveries cannot be verified. "
        "Set AFTERWORD_WEBHOOK_SECRET to the secret of the webhook and start again."
    )


@dataclass(eq=False)
class InvalidSignature(WebhookError):
    """The signature is missing, malformed, or made with another secret; `reason` says which."""

    reason: str

    template = (
        "The signature of this delivery is refused: {reason}. "
        "Give the webhook on GitHub the same secret as AFTERWORD_WEBHOOK_SECRET."
    )


class OutdatedSignature(WebhookError):
    """Signed with SHA-1 only, as `X-Hub-Signature` is."""

    template = (
        "This delivery is signed with SHA-1 only (X-Hub-Signature), which is not safe enough. "
        "Let its sender add X-Hub-Signature-256, as GitHub does."
    )


@dataclass(eq=False)
class DeliveryTooLarge(WebhookError):
    """The body is larger than `max_bytes`; the rest of it was not read."""

    max_bytes: int

    template = "A delivery has {max_bytes:,} bytes at most, as GitHub's have. Send less."


class UnsupportedMediaType(WebhookError):
    """The body is neither JSON nor a form."""

    template = (
        "A delivery is application/json or application/x-www-form-urlencoded. "
        "Choose application/json as the content type of the webhook on GitHub."
    )


@dataclass(eq=False)
class MalformedDelivery(WebhookError):
    """Signed, but not as GitHub documents it; `reason` names the first error."""

    reason: str

    template = "This delivery cannot be read: {reason}. Nothing of it was taken."
