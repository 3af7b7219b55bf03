"""A PostgreSQL server of a test's own: Debian's programs, a temporary folder, a Unix socket and a loopback port."""

import atexit
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from app.store.postgres.opening import prepare
from app.store.postgres.schema import MIGRATIONS
from app.store.postgres.sessions import Address

_DEADLINE = 30.0
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
"""What a server needs that may lose everything when the machine stops, and none when only its processes are killed."""
_USER = "afterword"
_USER_WITHOUT_RIGHTS = 65_534
PASSWORD = "s3cr3t-of-tests"


def _programs() -> Path:
    """Return the folder of the newest installed version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("postgres")
    if not folders and found is None:
        raise FileNotFoundError("PostgreSQL is not installed: make develop does it")
    return folders[-1] if folders else Path(str(found)).parent


class PostgresServer:
    """One server; it may be stopped, killed and started again, and has a database for each test."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._options = {**_SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self.databases: set[str] = set()
        """Those that were made here."""
        self.emptying: dict[str, psycopg.Connection[tuple[object, ...]]] = {}
        """The sessions that empty databases between tests."""
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def create(self) -> None:
        """Make an empty cluster in the folder."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        options = f"--pgdata {self.folder}/data --username {_USER} --pwfile {password} --auth-host scram-sha-256 --auth-local trust"
        locale = "--locale C.UTF-8 --encoding UTF8 --no-sync"
        for path in (self.folder, password):
            self.own(path)
        self._run(str(_programs() / "initdb"), *f"{options} {locale}".split())

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = [part for item in self._options.items() for part in ("-c", "=".join(item))]
        place = ["-c", "listen_addresses=127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(_programs() / "postgres"), "-D", f"{self.folder}/data", *place, *options],
                stdout=log,
                stderr=log,
                cwd="/",
                **self.account(),  # type: ignore[call-overload] # user and groups
            )
        deadline = time.monotonic() + _DEADLINE
        while True:
            try:
                psycopg.connect(self.local_address("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop the server; SIGINT ends all sessions in order, SIGQUIT and SIGKILL do not."""
        for session in self.emptying.values():
            session.close()
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_DEADLINE)
            self._process = None

    def kill(self) -> None:
        """Kill the server and all its processes, as a power failure would."""
        if self._process is None:
            return
        self._signal_all(signal.SIGKILL)
        self._process.wait(_DEADLINE)
        self._process = None
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server reply to nothing, while the system still accepts its connections."""
        self._signal_all(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        assert self._process is not None
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)], stdout=subprocess.PIPE, check=False
        )
        for pid in [self._process.pid, *map(int, children.stdout.split())]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def address(self, database: str, *, password: str = PASSWORD, user: str = _USER) -> str:
        """Return the address of a database, as `AFTERWORD_STORE` has it."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def local_address(self, database: str) -> str:
        """Return the address of a database over the Unix socket, which needs no password."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}&port={self.port}"

    def database(self, *, template: str = "template1", name: str | None = None) -> str:
        """Make a database and return its name."""
        name = name or f"test{next(self._names)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        self.databases.add(name)
        return name

    def copy(self, name: str) -> str:
        """Copy a database while services use it, as a backup does; return the name of the copy."""
        backup = f"{name}_backup"
        self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.end_sessions(name)
        self.database(template=name, name=backup)
        for database in (name, backup):
            self.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
        return backup

    def end_sessions(self, name: str) -> None:
        """End all sessions of a database."""
        sessions = f"FROM pg_stat_activity WHERE datname = '{name}'"
        self.query(f"SELECT pg_terminate_backend(pid) {sessions}", database="postgres")

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        """Run one statement as the owner of the server."""
        with closing(psycopg.connect(self.local_address(database), autocommit=True)) as connection:
            connection.execute(statement.encode())

    def query(self, statement: str, *, database: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with closing(psycopg.connect(self.local_address(database), autocommit=True)) as connection:
            return connection.execute(statement.encode()).fetchall()

    def drop(self, name: str) -> None:
        """Remove a database with all its sessions."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def log(self) -> str:
        """Return what the server has logged."""
        return re.sub(r"\n+", "\n", (self.folder / "log").read_text(errors="replace"))

    def account(self) -> dict[str, object]:
        """Return whom its programs run as: they refuse root."""
        if os.geteuid():
            return {}
        account = _unprivileged()
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file to whom the programs run as."""
        if not os.geteuid():
            account = _unprivileged()
            os.chown(path, account.pw_uid, account.pw_gid)

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self.account())  # type: ignore[call-overload] # user and groups


def _unprivileged() -> pwd.struct_passwd:
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwuid(_USER_WITHOUT_RIGHTS)


@contextmanager
def run_postgres(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """Run a server until the block ends, and remove its folder."""
    folder = Path(mkdtemp(prefix="afterword-postgres-"))
    server = PostgresServer(folder, settings)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@cache
def shared_server() -> PostgresServer:
    """Return a server that all tests of a process use; it ends with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(run_postgres())


_STATE = {"schema_version", "mirror_version"}
_RESET = "UPDATE afterword.mirror_version SET version = {0}; ALTER SEQUENCE afterword.job_generation RESTART {1}"


def empty_store(server: PostgresServer, name: str = "empty", version: int = 0) -> str:
    """Return the local address of a database with the tables of an empty store: that is faster than a new one.

    `version` is the latest that the store has given.
    """
    address = server.local_address(name)
    if name not in server.databases:
        server.database(name=name)
        prepare(Address(address), MIGRATIONS, lambda: 0.0, patience=0.0)
    session = server.emptying.get(name)
    if session is None or session.closed:
        session = server.emptying[name] = psycopg.connect(address, autocommit=True)
    session.execute(f"{_deletions()};{_RESET.format(version, version + 1)}".encode())
    return address


@cache
def _deletions() -> str:
    statements = [statement for migration in MIGRATIONS for statement in migration.statements]
    tables = {name for statement in statements for name in re.findall(r"CREATE TABLE (\w+)", statement)}
    return ";".join(f"DELETE FROM afterword.{table}" for table in sorted(tables - _STATE))  # noqa: S608 - our tables


def _accepts(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def run_pooler(server: PostgresServer) -> Iterator[int]:
    """Run pgbouncer, which lends a connection for one transaction; provide its port."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    users, configuration, log = (server.folder / f"pooler.{ending}" for ending in ("users", "ini", "log"))
    users.write_text(f'"{_USER}" "{PASSWORD}"\n')
    configuration.write_text(
        f"[databases]\n* = host={server.folder} port={server.port}\n[pgbouncer]\nlisten_addr=127.0.0.1\n"
        f"listen_port={port}\nunix_socket_dir=\npool_mode=transaction\ndefault_pool_size=2\nmax_client_conn=50\n"
        f"auth_type=scram-sha-256\nauth_file={users}\n"
    )
    for path in (users, configuration):
        server.own(path)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", str(configuration)],
            stdout=output,
            stderr=output,
            **server.account(),  # type: ignore[call-overload] # user and groups
        )
    try:
        deadline = time.monotonic() + _DEADLINE
        while not _accepts(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_DEADLINE)
