"""The tables in the schema `afterword`, and the ordered migrations that create them, each one transaction.

| table            | a row is                                | key                                            |
|------------------|-----------------------------------------|------------------------------------------------|
| schema_version   | the state of the tables                 | there is one row                               |
| mirror_version   | the version of the latest change        | there is one row                               |
| version_nonce    | a random number for a latest version    | version                                        |
| site             | a repository, with its record if any    | id; `key` is owner/name in lower case          |
| issue            | an issue or pull request                | site, number                                   |
| comment          | a comment of an issue                   | site, id                                       |
| comment_change   | when a comment changed: a version that  | site, number, id                               |
|                  | is at most its thread's after that      |                                                |
| tombstone        | a number without an issue               | site, number                                   |
| mirror_change    | the latest change of a number           | site, number; 0 is the repository, and         |
|                  |                                         | -n stands for the images of thread n           |
| etag             | an ETag of GitHub's                     | key: the validator key                         |
| job              | a job                                   | site, number; number 0 is the repository       |
| delivery         | a received webhook delivery             | id: GitHub's GUID                              |
| lease            | a lease                                 | name                                           |
| recorded_request | a request to GitHub of the last hour    | id                                             |
| rate_limit_state | GitHub's rate limit for a token         | token_id                                       |
| key_value        | a small fact that outlives a process    | key                                            |
| hour_count       | how often something happened in an hour | hour, kind, repo_key, outcome                  |
| history_event    | one poll, delivery or difference        | id                                             |

The columns are those of `app/store/sqlite/schema.py`. There are no foreign keys: a writer of the mirror of a site holds
the lock of its row, and a webhook's job must not wait for it. Texts are compared as bytes (`COLLATE "C"`), as Python
does. `source` holds GitHub's object as compact JSON in UTF-8, which Python parses without decoding it before; `SELECT
convert_from(source, 'UTF8')` shows it. It is stored without compression, and up to 8 kB beside the other columns: both
compressing it and looking it up in another table would cost an import and each cold read more than it saves.

Processes of several versions share the tables during an update: `oldest` is the lowest schema that a process may know
to use them, and each migration says whether it raises it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SCHEMA = "afterword"
"""The schema that all tables are in: a database may be shared with other programs."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What leads from one version to the next."""

    statements: Sequence[str]
    is_compatible: bool = False
    """True if processes that know only the version before may go on: columns or tables were added, for example."""


_TEXT = 'text COLLATE "C"'

MIGRATIONS: Sequence[Migration] = (
    Migration(
        (
            """
            CREATE TABLE mirror_version (
                one boolean PRIMARY KEY DEFAULT true CHECK (one),
                version bigint NOT NULL     -- of the latest change; its row is locked until a change is committed
            )
            """,
            "CREATE TABLE version_nonce (version bigint PRIMARY KEY, nonce bigint NOT NULL)",
            "CREATE SEQUENCE job_generation",
            f"""
            CREATE TABLE site (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                key {_TEXT} NOT NULL UNIQUE,        -- owner/name in lower case
                configured_name text NOT NULL,      -- as the owner of the blog wrote it
                github_id bigint,                   -- null until GitHub was asked: then there is no record
                full_name text,
                issues_next_url text,
                issues_listed_at double precision,
                comments_next_url text,
                since text,
                checked_at double precision,
                private boolean NOT NULL DEFAULT false,
                reconciled_at double precision,
                missed_by_webhook_at double precision,
                not_visible_since double precision,
                not_visible_count bigint NOT NULL DEFAULT 0,
                feed_name text,
                entry_name text,
                link_name text,
                former_names text NOT NULL DEFAULT '',  -- separated by spaces
                created_at text
            )
            """,
            f"""
            CREATE TABLE issue (                    -- pull requests too: they share the numbers
                site bigint NOT NULL,
                number bigint NOT NULL,
                is_pull_request boolean NOT NULL,
                updated_at {_TEXT} NOT NULL,
                comment_count bigint NOT NULL,              -- GitHub's
                mirrored_count bigint NOT NULL DEFAULT 0,   -- rows in comment, kept by each change
                complete boolean NOT NULL DEFAULT false,
                count_offset bigint NOT NULL DEFAULT 0,
                checked_at double precision,
                labels bytea NOT NULL,                      -- a JSON list of names
                source bytea NOT NULL,
                PRIMARY KEY (site, number)
            )
            """,
            "ALTER TABLE issue ALTER COLUMN source SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160)",
            f"""
            CREATE TABLE comment (
                site bigint NOT NULL,
                id bigint NOT NULL,
                number bigint NOT NULL,
                updated_at {_TEXT} NOT NULL,
                author bigint NOT NULL,             -- GitHub's id of who wrote
                created_at {_TEXT} NOT NULL,
                image_sizes bytea,                  -- a JSON object: an image's name to [width, height]
                approval bytea,                     -- a JSON object: `app.domain.threads.Approval`
                source bytea NOT NULL,
                PRIMARY KEY (site, id)
            )
            """,
            "ALTER TABLE comment ALTER COLUMN source SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160)",
            "CREATE INDEX comment_by_issue ON comment (site, number, id)",
            "CREATE INDEX comment_by_author ON comment (author, site)",  # whose avatars may be asked for
            "CREATE INDEX comment_by_update ON comment (site, updated_at, id, number)",
            "CREATE INDEX comment_by_creation ON comment (site, number, created_at)",
            """
            CREATE INDEX issue_unsettled ON issue (site, number)
            WHERE NOT is_pull_request AND (NOT complete OR comment_count <> mirrored_count + count_offset)
            """,
            """
            CREATE TABLE comment_change (
                site bigint NOT NULL,
                number bigint NOT NULL,
                id bigint NOT NULL,
                version bigint NOT NULL,    -- of the change, or less than that and more than of all before
                PRIMARY KEY (site, number, id)
            )
            """,
            """
            CREATE TABLE tombstone (
                site bigint NOT NULL,
                number bigint NOT NULL,
                gone boolean NOT NULL,
                checked_at double precision NOT NULL,
                transferred_to text,
                PRIMARY KEY (site, number)
            )
            """,
            """
            CREATE TABLE mirror_change (            -- one row for each number: the latest
                site bigint NOT NULL,
                number bigint NOT NULL,
                version bigint NOT NULL,
                process_id text NOT NULL,
                PRIMARY KEY (site, number)
            )
            """,
            "CREATE INDEX mirror_change_by_version ON mirror_change (version)",
            f"CREATE TABLE etag (key {_TEXT} PRIMARY KEY, value bytea NOT NULL, at double precision NOT NULL)",
            "CREATE INDEX etag_by_time ON etag (at)",
            """
            CREATE TABLE job (
                site bigint NOT NULL,
                number bigint NOT NULL,
                generation bigint NOT NULL,
                priority text NOT NULL,
                full_refresh boolean NOT NULL,
                enqueued_at double precision NOT NULL,
                due_at double precision NOT NULL,
                attempts bigint NOT NULL,
                worker_id text,                     -- who has claimed it
                claimed_until double precision,
                claimed_generation bigint,          -- its generation at that moment
                PRIMARY KEY (site, number)
            )
            """,
            f"""
            CREATE TABLE delivery (
                id {_TEXT} PRIMARY KEY,
                site bigint NOT NULL,
                number bigint,
                event text NOT NULL,
                action text NOT NULL,
                received_at double precision NOT NULL
            )
            """,
            "CREATE INDEX delivery_by_site ON delivery (site, received_at)",
            "CREATE INDEX delivery_by_time ON delivery (received_at)",
            f"""
            CREATE TABLE lease (
                name {_TEXT} PRIMARY KEY, worker_id text NOT NULL, until double precision NOT NULL
            )
            """,
            f"""
            CREATE TABLE recorded_request (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                token_id {_TEXT} NOT NULL,
                priority {_TEXT} NOT NULL,
                at double precision NOT NULL
            )
            """,
            "CREATE INDEX recorded_request_by_time ON recorded_request (at)",
            f"""
            CREATE TABLE rate_limit_state (
                token_id {_TEXT} PRIMARY KEY,
                hourly_limit bigint,
                remaining bigint,
                reset double precision,
                blocked_until double precision,
                blocked_by text
            )
            """,
            f"CREATE TABLE key_value (key {_TEXT} PRIMARY KEY, value bytea NOT NULL)",  # UTF-8, with any character
            f"""
            CREATE TABLE hour_count (
                hour bigint NOT NULL,               -- its beginning, epoch seconds
                kind {_TEXT} NOT NULL,
                repo_key {_TEXT} NOT NULL,          -- owner/name in lower case, or empty
                outcome {_TEXT} NOT NULL,
                count bigint NOT NULL,
                last_at double precision NOT NULL,
                least bigint,                       -- the fewest requests that GitHub said were left
                PRIMARY KEY (hour, kind, repo_key, outcome)
            )
            """,
            f"""
            CREATE TABLE history_event (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at double precision NOT NULL,
                kind {_TEXT} NOT NULL,
                repo_key text NOT NULL,
                outcome text NOT NULL,
                detail text NOT NULL
            )
            """,
            "CREATE INDEX history_event_by_kind ON history_event (kind, at, id)",
        )
    ),
)
"""From nothing to version 1, and so on. A released migration never changes: a new one follows it."""

NEWEST_SCHEMA = len(MIGRATIONS)
"""The schema of this version."""
