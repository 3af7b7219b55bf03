#!/usr/bin/env bash
# PostgreSQL 16.2 (in pgserver 0.1.4, PyPI): what to_regclass says after the wait for an advisory lock.
#
# A session asks to_regclass for a table in a schema that does not exist yet, and gets null. Then it waits for an advisory
# lock, whose owner makes the schema and the table and commits. The same query still says null, in READ COMMITTED, while
# the next one, of pg_class, finds the table; from then on to_regclass does, too. The session remembers that there was no
# such schema, and learns of changes of the catalog when a transaction begins or when it locks a relation. An advisory
# lock is none, and a query that ran before has nothing else to look up. Debian's 15.18 does the same.
#
# A migration that decides by to_regclass under an advisory lock so makes its tables twice. Ask pg_class and pg_namespace.
# Output seen: "has the table, by to_regclass, pg_class, to_regclass again: f t t".
set -euo pipefail
folder=$(mktemp -d)
run=()
[ "$(id -u)" != 0 ] || run=(setpriv --reuid=65534 --regid=65534 --clear-groups)  # PostgreSQL refuses root
stop() {
  [ ! -e "$folder/server/data" ] || "${run[@]}" "$programs/pg_ctl" --pgdata "$folder/server/data" --mode immediate stop >/dev/null
  rm -rf "$folder"
}
trap stop EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check pgserver==0.1.4
programs=$(echo "$folder"/python/lib/python3*/site-packages/pgserver/pginstall/bin)
chmod 755 "$folder"
mkdir "$folder/server"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$folder/server"
cd "$folder/server"
"${run[@]}" "$programs/initdb" --pgdata data --username finder --auth trust --no-sync >/dev/null
"${run[@]}" "$programs/pg_ctl" --pgdata data --options "-c listen_addresses='' -k $folder/server" --wait --log log start >/dev/null
psql() { "$programs/psql" --no-psqlrc --quiet --no-align --tuples-only --host "$folder/server" --username finder postgres; }

psql >/dev/null <<'SQL' &
BEGIN;
SELECT pg_advisory_xact_lock(1);
CREATE SCHEMA made CREATE TABLE things (id int);
SELECT pg_sleep(2);
COMMIT;
SQL
until [ "$(echo "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" | psql)" = 1 ]; do sleep 0.05; done
seen=$(psql <<'SQL' | tail -n 3 | paste --serial --delimiters ' '
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
)
wait
echo "has the table, by to_regclass, pg_class, to_regclass again: $seen"
test "$seen" = "f t t"
