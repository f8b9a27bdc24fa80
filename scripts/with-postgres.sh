#!/usr/bin/env bash
# Runs a command against a throw-away PostgreSQL server:
#
#   scripts/with-postgres.sh npx vitest run
#
# The server listens on a free loopback port, keeps its files in a temporary folder, and is stopped
# and removed when the command ends, whatever its outcome. The command finds the server in
# TEST_DATABASE_URL, as a role that owns its database and may create others, and is no superuser.
# PG_BIN names the folder of the server's programs where they are not in a usual place.
set -euo pipefail

oldest=15

main() {
  (($# > 0)) || die 'usage: scripts/with-postgres.sh COMMAND [ARGUMENT…]'
  command -v node > /dev/null || die 'node is needed to find a free port.'
  bin=$(find_server) || { install_server && bin=$(find_server); } ||
    die "no PostgreSQL server of version $oldest or later was found, nor could one be installed" \
      '(root on a Debian can). Install your system'"'"'s postgresql package, or set PG_BIN to the folder that holds initdb and postgres.'

  server=
  folder=$(mktemp -d /tmp/mailverdict-postgres.XXXXXX)
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  start
  "$@"
}

# The newest installed server, as the folder of its programs.
find_server() {
  local candidate
  for candidate in "${PG_BIN:-}" \
    $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) \
    "$(pg_config --bindir 2> /dev/null)" "$(dirname "$(command -v initdb)")"; do
    if [[ -x $candidate/initdb && -x $candidate/postgres && -x $candidate/psql ]] &&
      (($("$candidate/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/') >= oldest)); then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Debian and its kin, as root. The package would make and start a cluster of its own; ours is enough.
install_server() {
  ((EUID == 0)) && command -v apt-get > /dev/null || return 1
  say 'installing a PostgreSQL server…'
  local no_cluster=/etc/postgresql-common/createcluster.d/mailverdict.conf
  mkdir -p "${no_cluster%/*}"
  echo 'create_main_cluster = false' > "$no_cluster"
  local log status=0
  log=$(mktemp)
  {
    apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
  } < /dev/null > "$log" 2>&1 || { status=$? && cat "$log" >&2; }
  rm -f "$no_cluster" "$log"
  return "$status"
}

start() {
  local superuser_password role_password port
  superuser_password=$(random) role_password=$(random)
  port=$(free_port)

  echo "$superuser_password" > "$folder/password"
  # initdb and postgres refuse to run as root; the package brings an account for them.
  owner=(env)
  if ((EUID == 0)); then
    local account=postgres
    id "$account" > /dev/null 2>&1 || account=nobody
    owner=(setpriv "--reuid=$account" "--regid=$(id -g "$account")" --clear-groups --)
    chown -R "$account" "$folder"
  fi

  # From inside the folder, because the account may not enter the one we were called in.
  (cd "$folder" && "${owner[@]}" "$bin/initdb" --pgdata=data --username=postgres --pwfile=password \
    --auth=scram-sha-256 --encoding=UTF8 --no-locale > initdb.log 2>&1) || {
    cat "$folder/initdb.log" >&2
    die 'initdb failed.'
  }

  # Small, and otherwise as it comes: fsync stays on, so that a test of durability means something.
  (cd "$folder" && exec "${owner[@]}" "$bin/postgres" -D data -c listen_addresses=127.0.0.1 -c port="$port" \
    -c unix_socket_directories= -c shared_buffers=64MB > server.log 2>&1 < /dev/null) &
  server=$!

  local tries=0
  until PGPASSWORD=$superuser_password psql_as_superuser "$port" -c 'select 1' > /dev/null 2>&1; do
    if ! kill -0 "$server" 2> /dev/null || ((++tries > 300)); then
      cat "$folder/server.log" >&2
      die 'the server did not start.'
    fi
    sleep 0.1
  done
  PGPASSWORD=$superuser_password psql_as_superuser "$port" > /dev/null \
    -c "create role mailverdict login createdb password '$role_password'" \
    -c 'create database mailverdict owner mailverdict'

  export TEST_DATABASE_URL="postgres://mailverdict:$role_password@127.0.0.1:$port/mailverdict"
  say "$("$bin/postgres" --version) on port $port"
}

psql_as_superuser() {
  local port=$1
  shift
  "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d postgres "$@"
}

# A fast shutdown (SIGINT) of the server that we started, by its pid; immediate if it does not go.
stop() {
  trap '' INT TERM
  if [[ -n $server ]] && kill -INT "$server" 2> /dev/null; then
    local tries=0
    while kill -0 "$server" 2> /dev/null; do
      ((++tries == 200)) && kill -QUIT "$server" 2> /dev/null
      sleep 0.1
    done
  fi
  rm -rf "$folder"
}

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
    console.log(s.address().port)
    s.close()
  })'
}

random() { node -p 'crypto.randomBytes(16).toString("hex")'; }
say() { echo "with-postgres: $*" >&2; }
die() {
  say "$@"
  exit 1
}

main "$@"
