"""Connections to PostgreSQL: how they are made, what they say of themselves, and what their errors mean.

Nothing is kept in a session: every transaction names its own settings, no statement is prepared, and no lock outlives
a transaction. So a pooler that lends a connection for one transaction only, as pgbouncer does, may be in between.
"""

import re
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumper

from app.domain.errors import DatabaseUnusable, StoreError

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST_SERVER = 130_000
"""PostgreSQL 13, as `server_version` numbers it."""
_CONNECT_SECONDS = 5
_PARAMETERS = {
    "application_name": "afterword",
    "connect_timeout": _CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "target_session_attrs": "read-write",
}
"""What the address may say otherwise. A server that is gone without a word is noticed after some 20 seconds.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""
_SECRETS = ("password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that PostgreSQL's texts cannot hold."""
_LOCK_ADVICE = "Look for locks and load in the database."
_ADVICE = (
    ("lock timeout", _LOCK_ADVICE),
    ("no space left", "Free space on the database's disk."),
    ("too many", "Raise max_connections: each process of Afterword has six at most."),
    ("connection slots", "Raise max_connections: each process of Afterword has six at most."),
    ("authentication failed", "Check the user and the password in AFTERWORD_STORE."),
    ("no password supplied", "Write the password into AFTERWORD_STORE: postgresql://user:password@host/database."),
    ('role "', "Check the user in AFTERWORD_STORE, or create it with createuser."),
    ("does not exist", "Create the database with createdb, or correct its name in AFTERWORD_STORE."),
    ("translate host name", "Check the host in AFTERWORD_STORE."),
    ("resolve host", "Check the host in AFTERWORD_STORE."),
    ("no pg_hba.conf entry", "Let this host connect in the server's pg_hba.conf, or add ?sslmode=require."),
    ("ssl", "Check sslmode and sslrootcert in AFTERWORD_STORE."),
    ("certificate", "Check sslmode and sslrootcert in AFTERWORD_STORE."),
    ("refused", "Start the server, or check host and port in AFTERWORD_STORE."),
    ("permission denied", "Grant the user what it needs: GRANT CREATE ON DATABASE … TO …, or make it the owner."),
)
_OTHER_ADVICE = "Check that the server runs and that AFTERWORD_STORE is its address."
_PASSING = (
    "refused",
    "starting up",
    "shutting down",
    "timeout",
    "timed out",
    "closed",
    "recovery",
    "read-only",
    "reset",
    "too many",
    "connection slots",
)
"""Words of failures that another attempt may not have."""


class _TextDumper(StrDumper):
    """Writes texts; what PostgreSQL cannot store becomes the replacement character."""

    def dump(self, obj: str) -> Any:
        return super().dump(_UNSTORABLE.sub("\ufffd", obj) if _UNSTORABLE.search(obj) else obj)


class Address:
    """The address of a database. Neither its name nor its `repr` has a secret."""

    def __init__(self, address: str) -> None:
        try:
            parameters = conninfo_to_dict(address)
        except psycopg.Error:
            # libpq's own message may quote the password.
            raise DatabaseUnusable(
                "in AFTERWORD_STORE",
                "its address cannot be read",
                "Write it as postgresql://user:password@host:5432/database, with %40 for an @ in the password.",
            ) from None
        self._secrets = [str(parameters[key]) for key in _SECRETS if parameters.get(key)]
        host, port = parameters.get("host") or "localhost", parameters.get("port")
        self.name = f"postgresql://{host}{f':{port}' if port else ''}/{parameters.get('dbname') or ''}"
        """Host and database, for messages."""
        self._parameters: dict[str, Any] = {**_PARAMETERS, **parameters, "client_encoding": "UTF8"}

    def __repr__(self) -> str:
        return f"Address({self.name!r})"

    def connect(self) -> Connection:
        """Return a connection on which each transaction is begun by its caller. Raises `DatabaseUnusable`."""
        try:
            connection = psycopg.connect(**self._parameters, autocommit=True, prepare_threshold=None)
        except (psycopg.Error, OSError) as error:
            raise self.failure(error) from None
        connection.adapters.register_dumper(str, _TextDumper)
        return connection

    async def connect_async(self) -> "psycopg.AsyncConnection[tuple[Any, ...]]":
        """Return a connection of the event loop. Raises `DatabaseUnusable`."""
        try:
            return await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True, prepare_threshold=None)
        except (psycopg.Error, OSError) as error:
            raise self.failure(error) from None

    def failure(self, error: Exception) -> StoreError:
        """Return what an error of the driver means, without a secret, in one line."""
        if isinstance(error, errors.QueryCanceled):
            return DatabaseUnusable(self.name, "a statement took too long", _LOCK_ADVICE)
        text = " ".join(str(error).split()) or type(error).__name__
        for secret in self._secrets:
            text = text.replace(secret, "…")
        lower = text.lower()
        advice = next((advice for words, advice in _ADVICE if words in lower), _OTHER_ADVICE)
        return DatabaseUnusable(self.name, text.rstrip("."), advice)


def is_passing(error: StoreError) -> bool:
    """Return True if the database may be reached by another attempt soon: the server starts, or was just replaced."""
    reason = getattr(error, "reason", "").lower()
    return any(words in reason for words in _PASSING)
