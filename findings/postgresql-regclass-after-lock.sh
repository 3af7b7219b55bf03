#!/usr/bin/env bash
# PostgreSQL 15: what to_regclass says after the wait for an advisory lock.
#
# A session asks to_regclass for a table in a schema that does not exist yet, and gets null. Then it waits for an advisory
# lock, whose owner makes the schema and the table and commits. The same query still says null, in READ COMMITTED, while
# the next one, of pg_class, finds the table; from then on to_regclass does, too. The session remembers that there was no
# such schema, and learns of changes of the catalog when a transaction begins or when it locks a relation. An advisory
# lock is none, and a query that ran before has nothing else to look up.
#
# A migration that decides by to_regclass under an advisory lock so makes its tables twice. Ask pg_class and pg_namespace.
# Output seen: "has the table, by to_regclass, pg_class, to_regclass again: f t t".
set -euo pipefail
programs=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
folder=$(mktemp -d)
run=()
if [ "$(id -u)" = 0 ]; then  # PostgreSQL refuses to run as root
    chown nobody "$folder"
    run=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
cd "$folder"
trap '"${run[@]}" "$programs/pg_ctl" --pgdata "$folder/data" --mode immediate stop >/dev/null; rm -rf "$folder"' EXIT
"${run[@]}" "$programs/initdb" --pgdata "$folder/data" --username finder --auth trust --no-sync >/dev/null
"${run[@]}" "$programs/pg_ctl" --pgdata "$folder/data" --options "-c listen_addresses='' -k $folder" --wait --log "$folder/log" start >/dev/null
psql() { "$programs/psql" --no-psqlrc --quiet --no-align --tuples-only --host "$folder" --username finder postgres; }

psql >/dev/null <<'SQL' &
BEGIN;
SELECT pg_advisory_xact_lock(1);
CREATE SCHEMA made CREATE TABLE things (id int);
SELECT pg_sleep(2);
COMMIT;
SQL
sleep 0.5
psql <<'SQL' | tail -n 3 | paste --serial --delimiters ' ' | sed 's/^/has the table, by to_regclass, pg_class, to_regclass again: /'
SELECT to_regclass('made.things') IS NOT NULL;
BEGIN;
SELECT pg_advisory_xact_lock(1);
SELECT to_regclass('made.things') IS NOT NULL;
SELECT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'made' AND relname = 'things'
);
SELECT to_regclass('made.things') IS NOT NULL;
COMMIT;
SQL
wait
