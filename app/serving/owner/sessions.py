"""Sessions of the owner: signed values that a browser keeps, so that no store has to.

`expiry.id.signature`: the signature is an HMAC under a key that is made from a secret of the store and the owner's
token. So a session survives a restart and serves every process on the store, and it ends when the token changes. What
ends earlier, by signing out, is remembered in the store until it would have expired.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from app.ports.key_values import KeyValues

SESSION_SECONDS = 7 * 86_400
DEVICE_SECONDS = 180 * 86_400
_VALUE = re.compile(r"(?P<expiry>[0-9]{1,12})\.(?P<id>[0-9a-f]{32})\.(?P<signature>[0-9a-f]{64})")
_ENDED_KEY = "owner sessions ended"
_MOST_ENDED = 500


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that the owner has signed in with; `expires_at` is in epoch seconds."""

    id: str
    expires_at: int


class Sessions:
    """Makes and verifies sessions, the tokens of their forms, and the marks of known browsers."""

    def __init__(self, secret: bytes, token: str, key_values: KeyValues, random: Callable[[], float]) -> None:
        """Sign with a key of `secret` and `token`; `random` returns unpredictable numbers from 0 up to 1."""
        self._key = hmac.digest(secret, token.encode(), "sha256")
        self._key_values = key_values
        self._random = random

    def create(self, now: float) -> str:
        """Return the value of a new session, for its cookie."""
        return self._sign("session", int(now) + SESSION_SECONDS)

    def create_device(self, now: float) -> str:
        """Return the mark of a browser that the owner has signed in with: its attempts count apart."""
        return self._sign("device", int(now) + DEVICE_SECONDS)

    async def find(self, value: str | None, now: float) -> Session | None:
        """Return the session of a cookie's value; None if it is forged or has ended. Raises `StoreError`."""
        session = self._verify("session", value, now)
        if session is None or session.id in _read_ends(await self._key_values.get(_ENDED_KEY), now):
            return None
        return session

    def device(self, value: str | None, now: float) -> str | None:
        """Return the id of a known browser."""
        device = self._verify("device", value, now)
        return None if device is None else device.id

    async def end(self, session: Session, now: float) -> None:
        """End a session before it expires. Raises `StoreError`."""

        def add(text: str | None) -> str:
            ends = {**_read_ends(text, now), session.id: session.expires_at}
            latest = dict(sorted(ends.items(), key=lambda item: item[1])[-_MOST_ENDED:])
            return orjson.dumps(latest).decode()

        await self._key_values.update(_ENDED_KEY, add)

    def form_token(self, session: Session) -> str:
        """Return what a form of this session has to send: no other site can know it."""
        return self._signature("form", f"{session.expires_at}.{session.id}")

    def is_form_token(self, session: Session, token: str) -> bool:
        """Return True if a form belongs to this session; compares in constant time."""
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())

    def _sign(self, kind: str, expiry: int) -> str:
        content = f"{expiry}.{''.join(f'{int(self._random() * 2**32):08x}' for _ in range(4))}"
        return f"{content}.{self._signature(kind, content)}"

    def _verify(self, kind: str, value: str | None, now: float) -> Session | None:
        match = _VALUE.fullmatch(value or "")
        if match is None:
            return None
        signature = self._signature(kind, f"{match['expiry']}.{match['id']}")
        if not hmac.compare_digest(signature, match["signature"]):
            return None
        return Session(match["id"], int(match["expiry"])) if int(match["expiry"]) > now else None

    def _signature(self, kind: str, content: str) -> str:
        return hmac.new(self._key, f"{kind} {content}".encode(), hashlib.sha256).hexdigest()


def _read_ends(text: str | None, now: float) -> dict[str, int]:
    """Return when the sessions expire that were ended before, by their ids."""
    ends: dict[str, int] = {} if text is None else orjson.loads(text)
    return {key: expires_at for key, expires_at in ends.items() if expires_at > now}
