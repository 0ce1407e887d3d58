#!/bin/sh
# One command with this machine's settings and secrets, as root:
#
#   deploy/operate.sh doctor
#   deploy/operate.sh practice account --auth-token-file token.txt
#
# It reads what the units in systemd/ read. No secret becomes an argument or stands in an
# environment: engage is told the names of the files.
set -eu
etc=${ETC:-/etc/engage}
program=${PROGRAM:-/opt/engage/bin/engage}

[ -r "$etc/secrets/secret_keys" ] || { echo "$etc/secrets can't be read: are you root?" >&2; exit 1; }
set -a
. "$etc/engage.env"
ENGAGE_DATABASE_URL_FILE=$etc/secrets/app_database_url
ENGAGE_OWNER_DATABASE_URL_FILE=$etc/secrets/owner_database_url
ENGAGE_WORKER_DATABASE_URL_FILE=$etc/secrets/worker_database_url
ENGAGE_AUDITOR_DATABASE_URL_FILE=$etc/secrets/auditor_database_url
ENGAGE_REDIS_URL_FILE=$etc/secrets/redis_url
ENGAGE_SECRET_KEYS_FILE=$etc/secrets/secret_keys
set +a
exec "$program" "$@"
