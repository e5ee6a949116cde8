#!/bin/sh
# A container engine that answers: the one that is there, else Debian's own, installed and started.
# Run again, it does nothing. What it starts is stopped with `engine.sh stop`.
set -eu
cd "$(dirname "$0")/../.."

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

[ "${1:-}" = stop ] && { stop; exit 0; }
answers && exit 0
install_engine
answers || start_engine
