#!/bin/sh
# The part of the upstream image's contract that a cluster needs: the first start makes the database from
# POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE; any later start only runs the server.
set -eu

case "${1:-postgres}" in
    postgres) ;;
    -*) set -- postgres "$@" ;;
    *) exec "$@" ;;
esac

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user="${POSTGRES_USER:-postgres}"
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        password=$(cat "$POSTGRES_PASSWORD_FILE")
    else
        password="${POSTGRES_PASSWORD:-}"
    fi
    if [ -z "$password" ]; then
        echo "set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD: a database without a password is not made" >&2
        exit 1
    fi

    # An interrupted first start must be begun anew: PG_VERSION, which says that there is a database, comes last.
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
    fresh="$PGDATA/.initdb"
    printf '%s\n' "$password" |
        initdb --pgdata="$fresh" --username="$user" --pwfile=/dev/stdin --encoding=UTF8 --locale=C \
            --auth-local=trust --auth-host=scram-sha-256
    printf 'host all all all scram-sha-256\n' >>"$fresh/pg_hba.conf"
    printf "listen_addresses = '*'\nunix_socket_directories = '/var/run/postgresql'\n" >>"$fresh/postgresql.conf"

    database="${POSTGRES_DB:-$user}"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s";\n' "$database" | postgres --single -D "$fresh" postgres >/dev/null
    fi
    find "$fresh" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv {} "$PGDATA" \;
    mv "$fresh/PG_VERSION" "$PGDATA"
    rmdir "$fresh"
fi
unset POSTGRES_PASSWORD
exec "$@"
