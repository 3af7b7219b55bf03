import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.webhook_errors import InvalidSignature, OutdatedSignature
from app.github import webhooks
from tests.github.deliveries import SECRET, signed

VECTOR = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_example_of_githubs_documentation_is_verified() -> None:
    claimed = webhooks.signature([(b"X-Hub-Signature-256", VECTOR)])
    webhooks.verify([SECRET], b"Hello, World!", claimed)


@pytest.mark.parametrize("secrets", [[SECRET, b"new"], [b"new", SECRET], [b"a", SECRET, b"b"], ["schlüssel".encode()]])
def test_any_of_the_secrets_may_have_signed(secrets: list[bytes]) -> None:
    signer = SECRET if SECRET in secrets else secrets[0]
    webhooks.verify(secrets, b"body", webhooks.signature([(b"x-hub-signature-256", signed(b"body", signer))]))


def test_all_secrets_are_compared_even_after_one_that_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    really = hmac.compare_digest

    def comparing(ours: bytes, theirs: bytes) -> bool:
        compared.append(ours)
        return really(ours, theirs)

    monkeypatch.setattr(hmac, "compare_digest", comparing)
    claimed = hmac.digest(b"first", b"body", "sha256")
    webhooks.verify([b"first", b"second", b"third"], b"body", claimed)
    assert compared == [hmac.digest(secret, b"body", "sha256") for secret in (b"first", b"second", b"third")]


@pytest.mark.parametrize("secrets", [[], [b""], [b"other"], [SECRET + b" "]])
def test_a_signature_by_another_secret_is_refused(secrets: list[bytes]) -> None:
    with pytest.raises(InvalidSignature, match="AFTERWORD_WEBHOOK_SECRET"):
        webhooks.verify(secrets, b"Hello, World!", webhooks.signature([(b"x-hub-signature-256", VECTOR)]))


@given(body=st.binary(max_size=60), index=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_body_of_which_one_bit_was_changed_is_refused(body: bytes, index: int, bit: int) -> None:
    claimed = hmac.digest(SECRET, body + b"!", "sha256")
    changed = bytearray(body + b"!")
    changed[index % len(changed)] ^= 1 << bit
    with pytest.raises(InvalidSignature):
        webhooks.verify([SECRET], bytes(changed), claimed)


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
def test_a_malformed_signature_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidSignature, match="64 hexadecimal digits"):
        webhooks.signature([(b"x-hub-signature-256", value)])


def test_a_signature_that_is_given_twice_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="once"):
        webhooks.signature([(b"x-hub-signature-256", VECTOR), (b"x-hub-signature-256", VECTOR)])


def test_a_missing_signature_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="missing"):
        webhooks.signature([(b"x-github-event", b"ping")])


def test_sha_1_alone_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(OutdatedSignature, match="SHA-1 only"):
        webhooks.signature([(b"X-Hub-Signature", b"sha1=" + b"0" * 40)])


def test_sha_1_beside_the_present_signature_is_what_github_sends() -> None:
    assert len(webhooks.signature([(b"x-hub-signature", b"sha1=x"), (b"x-hub-signature-256", VECTOR)])) == 32


@given(
    st.lists(st.tuples(st.sampled_from([b"x-hub-signature", b"x-hub-signature-256", b"x"]), st.binary()), max_size=4)
)
def test_whatever_the_fields_are_a_signature_is_32_bytes_or_refused(fields: list[tuple[bytes, bytes]]) -> None:
    try:
        claimed = webhooks.signature(fields)
    except (InvalidSignature, OutdatedSignature):
        return
    assert len(claimed) == 32
