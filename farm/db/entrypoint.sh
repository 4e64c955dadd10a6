#!/bin/sh
# Makes the database on first start, then becomes Postgres. For tests only: it does not wait for the disk (fsync=off),
# so a power cut may cost the data. Runs as any non-root user that has a name.
set -eu

: "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD to the password of the application user}"
: "${POSTGRES_USER:=app}"
: "${POSTGRES_DB:=app}"
: "${PGPORT:=5432}"
: "${PGDATA:=/var/lib/postgresql/data/pgdata}"
export PGDATA
PATH="/usr/lib/postgresql/15/bin:$PATH"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Made beside and moved at the end: a pod killed half-way leaves nothing that looks like a database.
  making="$PGDATA.making"
  rm -rf "$making"
  umask 077
  passwords="$(mktemp)"
  printf '%s\n' "$POSTGRES_PASSWORD" >"$passwords"
  initdb --pgdata="$making" --username="$POSTGRES_USER" --pwfile="$passwords" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  rm -f "$passwords"
  echo 'host all all all scram-sha-256' >>"$making/pg_hba.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    echo "create database \"$POSTGRES_DB\"" | postgres --single -F -D "$making" postgres >/dev/null
  fi
  mv "$making" "$PGDATA"
  echo "made a new database in $PGDATA"
elif [ "$(cat "$PGDATA/PG_VERSION")" != 15 ]; then
  echo "$PGDATA holds a database of Postgres $(cat "$PGDATA/PG_VERSION"), this is Postgres 15: mount an empty directory" >&2
  exit 1
fi
unset POSTGRES_PASSWORD

exec postgres -D "$PGDATA" -p "$PGPORT" \
  -c listen_addresses="${LISTEN_ADDRESSES:-*}" -c unix_socket_directories="${SOCKET_DIRECTORY:-/tmp}" \
  -c jit=off -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
  -c shared_buffers=32MB -c max_connections=60
