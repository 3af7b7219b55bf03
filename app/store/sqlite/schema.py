"""The tables, and the ordered migrations that create them, each one transaction, numbered by `user_version`.

| table            | a row is                                | key                                         |
|------------------|-----------------------------------------|---------------------------------------------|
| site             | a repository, with its record if any    | id; `key` is owner/name in lower case       |
| issue            | an issue or pull request                | site, number                                |
| comment          | a comment of an issue                   | site, id                                    |
| comment_change   | when a comment changed: a version that  | site, number, id                            |
|                  | is at most its thread's after that      |                                             |
| tombstone        | a number without an issue               | site, number                                |
| mirror_change    | the latest change of a number           | version; number 0 is the repository, and    |
|                  |                                         | -n stands for the images of thread n        |
| etag             | an ETag of GitHub's                     | key: the validator key                      |
| job              | a job                                   | generation; number 0 is the repository      |
| delivery         | a received webhook delivery             | id: GitHub's GUID                           |
| lease            | a lease                                 | name                                        |
| recorded_request | a request to GitHub of the last hour    | none                                        |
| rate_limit_state | GitHub's rate limit for a token         | token_id                                    |
| key_value        | a small fact that outlives a process    | key                                         |
| hour_count       | how often something happened in an hour | hour, kind, repo_key, outcome               |
| history_event    | one poll, delivery or difference        | id                                          |

`source` holds GitHub's object as compact JSON; the other columns are read out of it once, for queries. Neither
compression nor a table of users is worth it: the file is about one and a half times the JSON, a thread is read without
a lookup, and `sqlite3 afterword.db` shows the contents. `source` was created as the last column, so that SQLite reads
past the others without touching it. https://www.sqlite.org/pragma.html#pragma_user_version
"""

from collections.abc import Sequence

Migration = Sequence[str]
"""Statements that lead from one version to the next."""

APPLICATION_ID = 0x41465744
"""`AFWD`: it tells a store from the database of another program."""


def _change_trigger(name: str, event: str, row: str) -> str:
    return f"""
    CREATE TRIGGER {name} AFTER {event} ON comment BEGIN
        INSERT INTO comment_change (site, number, id, version) VALUES (
            {row}.site, {row}.number, {row}.id,
            (SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'mirror_change')
        ) ON CONFLICT DO UPDATE SET version = excluded.version;
    END
    """  # noqa: S608 - the inserted texts are those below


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
    (  # the names of the vocabulary
        "ALTER TABLE site RENAME COLUMN spelling TO configured_name",
        "ALTER TABLE site RENAME COLUMN list_next TO issues_next_url",
        "ALTER TABLE site RENAME COLUMN listed_at TO issues_listed_at",
        "ALTER TABLE site RENAME COLUMN comments_next TO comments_next_url",
        "ALTER TABLE site ADD COLUMN reconciled_at REAL",
        "ALTER TABLE site ADD COLUMN missed_by_webhook_at REAL",
        "ALTER TABLE site ADD COLUMN not_visible_since REAL",
        "ALTER TABLE site ADD COLUMN not_visible_count INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE issue RENAME COLUMN mirrored TO mirrored_count",
        "ALTER TABLE issue RENAME COLUMN surplus TO count_offset",
        "ALTER TABLE absence RENAME TO tombstone",
        "ALTER TABLE tombstone RENAME COLUMN moved_to TO transferred_to",
        "ALTER TABLE signal RENAME TO mirror_change",
        "ALTER TABLE mirror_change RENAME COLUMN seq TO version",
        "ALTER TABLE mirror_change RENAME COLUMN origin TO process_id",
        "DROP INDEX mark_by_due",
        "ALTER TABLE mark RENAME TO job",
        "ALTER TABLE job RENAME COLUMN seq TO generation",
        "ALTER TABLE job RENAME COLUMN purpose TO priority",
        "ALTER TABLE job RENAME COLUMN thorough TO full_refresh",
        "ALTER TABLE job RENAME COLUMN marked_at TO enqueued_at",
        "ALTER TABLE job RENAME COLUMN tries TO attempts",
        "ALTER TABLE job RENAME COLUMN holder TO worker_id",
        "ALTER TABLE job RENAME COLUMN claimed_seq TO claimed_generation",
        "UPDATE job SET priority = 'poll' WHERE priority = 'pulse'",
        "UPDATE job SET priority = 'backfill' WHERE priority = 'import'",
        "CREATE INDEX job_by_due ON job (due_at)",
        "ALTER TABLE lease RENAME COLUMN holder TO worker_id",
        "DROP INDEX spent_by_time",
        "ALTER TABLE spent RENAME TO recorded_request",
        "ALTER TABLE recorded_request RENAME COLUMN whose TO token_id",
        "ALTER TABLE recorded_request RENAME COLUMN purpose TO priority",
        "UPDATE recorded_request SET priority = 'poll' WHERE priority = 'pulse'",
        "UPDATE recorded_request SET priority = 'backfill' WHERE priority = 'import'",
        "CREATE INDEX recorded_request_by_time ON recorded_request (at)",
        "ALTER TABLE standing RENAME TO rate_limit_state",
        "ALTER TABLE rate_limit_state RENAME COLUMN whose TO token_id",
        "ALTER TABLE rate_limit_state RENAME COLUMN hourly TO hourly_limit",
        "ALTER TABLE rate_limit_state RENAME COLUMN waits_until TO blocked_until",
        "ALTER TABLE rate_limit_state RENAME COLUMN waits_for TO blocked_by",
        "ALTER TABLE fact RENAME TO key_value",
        "ALTER TABLE key_value RENAME COLUMN name TO key",
        """
        UPDATE site SET reconciled_at = (
            SELECT CAST(value AS REAL) FROM key_value WHERE key_value.key = 'reconciled ' || site.key
        ), missed_by_webhook_at = (
            SELECT CAST(value AS REAL) FROM key_value WHERE key_value.key = 'untold ' || site.key
        )
        """,
        # 'unseen …' only counted the requests of an hour
        "DELETE FROM key_value WHERE key LIKE 'reconciled %' OR key LIKE 'untold %' OR key LIKE 'unseen %'",
        "UPDATE lease SET name = 'poll' WHERE name = 'pulse'",
    ),
    (
        "UPDATE recorded_request SET token_id = 'unauthenticated' WHERE token_id = 'nobody'",
        "UPDATE rate_limit_state SET token_id = 'unauthenticated' WHERE token_id = 'nobody'",
    ),
    ("ALTER TABLE comment ADD COLUMN image_sizes BLOB",),  # a JSON object: an image's name to [width, height]
    (  # what feeds have named their entries by until now, they keep
        "ALTER TABLE site ADD COLUMN feed_name TEXT",
        "ALTER TABLE site ADD COLUMN entry_name TEXT",
        "ALTER TABLE site ADD COLUMN link_name TEXT",
        "ALTER TABLE site ADD COLUMN former_names TEXT NOT NULL DEFAULT ''",  # separated by spaces
        "ALTER TABLE site ADD COLUMN created_at TEXT",
        """
        UPDATE site SET feed_name = configured_name, entry_name = full_name, link_name = full_name, former_names = (
            SELECT coalesce(group_concat(other.configured_name, ' '), '') FROM site AS other
            WHERE other.github_id = site.github_id AND other.id <> site.id
        ) WHERE github_id IS NOT NULL
        """,
    ),
    ("CREATE INDEX comment_by_update ON comment (site, updated_at, id, number)",),
    ("ALTER TABLE comment ADD COLUMN approval BLOB",),  # a JSON object: `app.domain.threads.Approval`
    (  # what the owner's page counts
        "ALTER TABLE comment ADD COLUMN created_at TEXT",
        """
        UPDATE comment SET created_at = coalesce(
            strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(CAST(source AS TEXT), '$.created_at')), updated_at
        ) WHERE json_valid(CAST(source AS TEXT))
        """,
        "CREATE INDEX comment_by_creation ON comment (site, number, created_at)",
        """
        CREATE TABLE hour_count (
            hour INTEGER NOT NULL,      -- its beginning, epoch seconds
            kind TEXT NOT NULL,
            repo_key TEXT NOT NULL,      -- owner/name in lower case, or empty
            outcome TEXT NOT NULL,
            count INTEGER NOT NULL,
            last_at REAL NOT NULL,
            least INTEGER,              -- the fewest requests that GitHub said were left
            PRIMARY KEY (hour, kind, repo_key, outcome)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE history_event (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            kind TEXT NOT NULL,
            repo_key TEXT NOT NULL,
            outcome TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT
        """,
    ),
    (  # what is read to see what changed, or lacks something
        """
        CREATE TABLE comment_change (
            site INTEGER NOT NULL,
            number INTEGER NOT NULL,
            id INTEGER NOT NULL,
            version INTEGER NOT NULL,   -- of the change, or less than that and more than of all before
            PRIMARY KEY (site, number, id)
        ) STRICT, WITHOUT ROWID
        """,
        _change_trigger("comment_added", "INSERT", "new"),
        _change_trigger("comment_changed", "UPDATE OF site, number, source, approval", "new"),
        _change_trigger("comment_left", "UPDATE OF site, number", "old"),
        _change_trigger("comment_removed", "DELETE", "old"),
        """
        CREATE INDEX issue_unsettled ON issue (site, number)
        WHERE NOT is_pull_request AND (NOT complete OR comment_count <> mirrored_count + count_offset)
        """,
    ),
)
"""From nothing to version 1, and so on. A released migration never changes: a new one follows it."""
