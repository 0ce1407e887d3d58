#!/bin/sh
# Makes passwords, the URLs that hold them, and the first secret key, in a folder that only its
# owner may enter. What is there already is kept: running it again makes what is missing.
#
#   deploy/make-secrets.sh FOLDER [HOST [PORT]]
#
# HOST is where PostgreSQL listens: "database" for compose.yaml, a folder for a unix socket.
set -eu
folder=${1:?"usage: make-secrets.sh FOLDER [HOST [PORT]]"}
host=${2:-database}
port=${3:-5432}
redis_host=${REDIS_HOST:-redis}

umask 077
mkdir -p "$folder"
cd "$folder"

# Letters and digits alone, so that no URL and no configuration file has to quote them.
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
# Nobody but the owner enters the folder. In a container a file is mounted by itself, and is read by
# the account of that container: hence its mode.
keep() { [ -s "$1" ] || { printf '%s' "$2" > ".$1.new" && chmod 444 ".$1.new" && mv ".$1.new" "$1"; }; }

for login in admin owner app worker auditor; do
    keep "${login}_password" "$(random 24)"
done
for login in owner app worker auditor; do
    keep "${login}_database_url" \
        "postgresql://engage_$login:$(cat "${login}_password")@/engage?host=$host&port=$port"
done
keep secret_keys "$(random 48)"
keep redis_password "$(random 24)"
keep redis_url "redis://:$(cat redis_password)@$redis_host:6379/0"
keep redis_conf "bind * -::*
protected-mode yes
requirepass $(cat redis_password)
save \"\"
appendonly no
maxmemory 64mb
maxmemory-policy noeviction
"
