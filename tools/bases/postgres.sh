#!/bin/sh -eu
# Of the official image's entry point, what the compose files use.
export PGDATA=/var/lib/postgresql/data
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    chown -R postgres /var/lib/postgresql
    [ -n "${POSTGRES_PASSWORD:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    echo "$POSTGRES_PASSWORD" >/tmp/password
    chown postgres /tmp/password
    # shellcheck disable=SC2086
    runuser -u postgres -- initdb -U "$POSTGRES_USER" --pwfile=/tmp/password -A scram-sha-256 --encoding=UTF8 --locale=C $POSTGRES_INITDB_ARGS
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | runuser -u postgres -- postgres --single postgres >/dev/null
fi
mkdir -p /run/postgresql
chown postgres /run/postgresql
exec setpriv --reuid=postgres --regid=postgres --init-groups "$@" -c 'listen_addresses=*'
