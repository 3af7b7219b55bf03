"""The tables, and how they came to be: ordered migrations, each in one transaction, numbered by `user_version`.

What GitHub said stands whole in `source`, as compact JSON; the other columns are what is asked for, read out of it
once. Plain JSON was preferred to compressing it and to a table of users: the file is then no larger than about one and
a half times the JSON, a thread is read without looking anything up, and `sqlite3 afterword.db` shows what is in it.
`source` is the last column, so that SQLite reads past the others without touching it.
https://www.sqlite.org/pragma.html#pragma_user_version
"""

from collections.abc import Sequence

Migration = Sequence[str]
"""Statements that lead from one version to the next."""

APPLICATION_ID = 0x41465744
"""`AFWD`: by which a file is told from the database of another program."""

MIGRATIONS: Sequence[Migration] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE site (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,   -- owner/name in lower case
            spelling TEXT NOT NULL,     -- as the owner of the blog wrote it
            github_id INTEGER,          -- null until GitHub was asked for the repository: then there is no record
            full_name TEXT,
            list_next TEXT,
            listed_at REAL,
            comments_next TEXT,
            since TEXT,
            checked_at REAL
        ) STRICT
        """,
        """
        CREATE TABLE issue (            -- pull requests too: they share the numbers
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,
            is_pull_request INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            comment_count INTEGER NOT NULL,         -- GitHub's
            mirrored INTEGER NOT NULL DEFAULT 0,    -- rows in comment, kept by each change
            complete INTEGER NOT NULL DEFAULT 0,
            surplus INTEGER NOT NULL DEFAULT 0,
            checked_at REAL,
            labels BLOB NOT NULL,                   -- a JSON list of names
            source BLOB NOT NULL,
            PRIMARY KEY (site, number)
        ) STRICT
        """,
        """
        CREATE TABLE comment (
            site INTEGER NOT NULL,
            id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            source BLOB NOT NULL,
            PRIMARY KEY (site, id),
            FOREIGN KEY (site, number) REFERENCES issue (site, number) ON DELETE CASCADE
        ) STRICT
        """,
        "CREATE INDEX comment_by_issue ON comment (site, number, id)",
        """
        CREATE TABLE absence (
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,
            gone INTEGER NOT NULL,
            checked_at REAL NOT NULL,
            moved_to TEXT,
            PRIMARY KEY (site, number)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE etag (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ),
    ("ALTER TABLE site ADD COLUMN private INTEGER NOT NULL DEFAULT 0",),
    (
        """
        CREATE TABLE signal (           -- one row for each number: the latest
            seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- is never given twice, though rows are replaced
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,    -- 0: the repository itself
            origin TEXT NOT NULL,
            UNIQUE (site, number)
        ) STRICT
        """,
        """
        CREATE TABLE mark (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,    -- 0: the repository itself
            purpose TEXT NOT NULL,
            thorough INTEGER NOT NULL,
            marked_at REAL NOT NULL,
            due_at REAL NOT NULL,
            tries INTEGER NOT NULL,
            holder TEXT,                -- who has claimed it
            claimed_until REAL,
            claimed_seq INTEGER,        -- its seq at that moment
            UNIQUE (site, number)
        ) STRICT
        """,
        "CREATE INDEX mark_by_due ON mark (due_at)",
        """
        CREATE TABLE delivery (
            id TEXT PRIMARY KEY,
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER,
            event TEXT NOT NULL,
            action TEXT NOT NULL,
            received_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX delivery_by_time ON delivery (site, received_at)",
        "CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE spent (whose TEXT NOT NULL, purpose TEXT NOT NULL, at REAL NOT NULL) STRICT",
        "CREATE INDEX spent_by_time ON spent (at)",
        """
        CREATE TABLE standing (
            whose TEXT PRIMARY KEY,
            hourly INTEGER,             -- asks in an hour
            remaining INTEGER,
            reset REAL,
            waits_until REAL,
            waits_for TEXT
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        "ALTER TABLE etag ADD COLUMN at REAL NOT NULL DEFAULT 0",
        "UPDATE etag SET at = (SELECT coalesce(max(checked_at), 0) FROM site)",  # about when it was last replaced
        "CREATE INDEX etag_by_time ON etag (at)",
    ),
    (
        "ALTER TABLE comment ADD COLUMN author INTEGER",  # GitHub's id of who wrote
        """
        UPDATE comment SET author = coalesce(json_extract(CAST(source AS TEXT), '$.user.id'), 10137)  -- its ghost
        WHERE json_valid(CAST(source AS TEXT))
        """,
        "CREATE INDEX comment_by_author ON comment (author, site)",  # whose avatars may be asked for
    ),
)
"""From nothing to version 1, and so on. One that was released is never changed: a new one follows it."""
