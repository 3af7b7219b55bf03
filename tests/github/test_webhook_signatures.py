import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.webhook_errors import InvalidSignature, OutdatedSignature
from app.github import webhooks
from tests.github.deliveries import SECRET, sign

VECTOR = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_example_of_github_documentation_is_verified() -> None:
    digest = webhooks.signature([(b"X-Hub-Signature-256", VECTOR)])
    webhooks.verify([SECRET], b"Hello, World!", digest)


@pytest.mark.parametrize("secrets", [[SECRET, b"new"], [b"new", SECRET], [b"a", SECRET, b"b"], ["schlüssel".encode()]])
def test_signature_of_any_secret_is_valid(secrets: list[bytes]) -> None:
    signer = SECRET if SECRET in secrets else secrets[0]
    webhooks.verify(secrets, b"body", webhooks.signature([(b"x-hub-signature-256", sign(b"body", signer))]))


def test_all_secrets_are_compared_even_after_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    digests: list[bytes] = []
    compare_digest = hmac.compare_digest

    def recording(ours: bytes, theirs: bytes) -> bool:
        digests.append(ours)
        return compare_digest(ours, theirs)

    monkeypatch.setattr(hmac, "compare_digest", recording)
    digest = hmac.digest(b"first", b"body", "sha256")
    webhooks.verify([b"first", b"second", b"third"], b"body", digest)
    assert digests == [hmac.digest(secret, b"body", "sha256") for secret in (b"first", b"second", b"third")]


@pytest.mark.parametrize("secrets", [[], [b""], [b"other"], [SECRET + b" "]])
def test_signature_of_another_secret_is_rejected(secrets: list[bytes]) -> None:
    with pytest.raises(InvalidSignature, match="AFTERWORD_WEBHOOK_SECRET"):
        webhooks.verify(secrets, b"Hello, World!", webhooks.signature([(b"x-hub-signature-256", VECTOR)]))


@given(body=st.binary(max_size=60), index=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_invalidates_the_signature(body: bytes, index: int, bit: int) -> None:
    digest = hmac.digest(SECRET, body + b"!", "sha256")
    changed_body = bytearray(body + b"!")
    changed_body[index % len(changed_body)] ^= 1 << bit
    with pytest.raises(InvalidSignature):
        webhooks.verify([SECRET], bytes(changed_body), digest)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"sha256=",
        b"sha256=757107",
        VECTOR + b"0",
        VECTOR[:-1] + b"g",
        VECTOR.removeprefix(b"sha256="),
        VECTOR.replace(b"256", b"1"),
        VECTOR + b", " + VECTOR,
        VECTOR.replace(b"=", b"= "),
        b"\xff" * 71,
    ],
)
def test_malformed_signature_is_rejected(value: bytes) -> None:
    with pytest.raises(InvalidSignature, match="64 hexadecimal digits"):
        webhooks.signature([(b"x-hub-signature-256", value)])


def test_repeated_signature_is_rejected() -> None:
    with pytest.raises(InvalidSignature, match="once"):
        webhooks.signature([(b"x-hub-signature-256", VECTOR), (b"x-hub-signature-256", VECTOR)])


def test_missing_signature_is_rejected() -> None:
    with pytest.raises(InvalidSignature, match="missing"):
        webhooks.signature([(b"x-github-event", b"ping")])


def test_sha_1_alone_is_an_outdated_signature() -> None:
    with pytest.raises(OutdatedSignature, match="SHA-1 only"):
        webhooks.signature([(b"X-Hub-Signature", b"sha1=" + b"0" * 40)])


def test_sha_1_beside_sha_256_is_accepted() -> None:
    assert len(webhooks.signature([(b"x-hub-signature", b"sha1=x"), (b"x-hub-signature-256", VECTOR)])) == 32


@given(
    st.lists(st.tuples(st.sampled_from([b"x-hub-signature", b"x-hub-signature-256", b"x"]), st.binary()), max_size=4)
)
def test_any_signature_is_32_bytes_or_rejected(fields: list[tuple[bytes, bytes]]) -> None:
    try:
        digest = webhooks.signature(fields)
    except (InvalidSignature, OutdatedSignature):
        return
    assert len(digest) == 32
