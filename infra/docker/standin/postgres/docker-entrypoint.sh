#!/bin/sh
# The part of the public image's entry point that compose.yaml relies on: makes a cluster with a password.
set -eu
[ "$(id -u)" != 0 ] || { echo "run this image as user postgres" >&2; exit 1; }
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086 - several arguments, as in the public image
    initdb -D "$PGDATA" -U "${POSTGRES_USER:-postgres}" --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
