#!/bin/sh
# Brings a bare Debian or Ubuntu machine to where the system runs: Python environment and broker.
# `setup.sh [tests|chaos|front]`; with `chaos` also a C compiler, iptables and ip, with which a system of its own is broken;
# with `tests` these, and Debian's Chromium and Prometheus; with `front` Node.js and what checks the scripts of the pages.
# Run again, it does nothing and takes no time.
set -eu
cd "$(dirname "$0")/.."

UV=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' infra/uv.txt)
LOG=.run/setup.log
mkdir -p .run

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }

# Run a slow command with its output in the log and the time on the screen.
slowly() {
    what=$1; shift
    "$@" >>"$LOG" 2>&1 &
    task=$! seconds=0
    while kill -0 "$task" 2>/dev/null; do
        [ -t 2 ] && printf '\r  %s ... %ss' "$what" "$seconds" >&2
        sleep 1; seconds=$((seconds + 1))
    done
    if wait "$task"; then status=0; else status=$?; fi
    [ -t 2 ] && printf '\r' >&2
    printf '  %s: %ss   \n' "$what" "$seconds" >&2
    return "$status"
}

last_line() { grep -v '^ *$' "$LOG" | tail -n 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

may_be_root() {
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

apt_install() {
    may_be_root || fail "$1 is not installed and you are neither root nor have sudo: ask for 'apt-get install $1' once"
    command -v apt-get >/dev/null || fail "$1 is not installed and this is no Debian or Ubuntu: install it yourself"
    [ "$(id -u)" = 0 ] || as_root true || fail "sudo refused"
    slowly "apt-get update" as_root apt-get -q update || say "  (package lists not refreshed: $(last_line))"
    slowly "apt-get install $1" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "$1" || fail "could not install $1: $(last_line)"
}

enough_disk() {
    free=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free" -ge 1000000 ] || fail "only $((free / 1000)) MB free here; 1000 MB needed"
}

find_python() {
    for python in python3.11 python3; do
        found=$(command -v "$python") || continue
        "$found" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && return
    done
    fail "Python 3.11 not found (python3 is $(python3 -V 2>&1)): install python3.11"
}

python_environment() {
    stamp="$(cat uv.lock pyproject.toml infra/setup.sh infra/uv.txt | cksum) $PWD"
    [ -x .venv/bin/python ] && [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ] && return
    enough_disk
    find_python
    say "Python environment (.venv)"
    if ! .uv/bin/uv --version 2>/dev/null | grep -q "uv $UV"; then
        rm -rf .uv
        "$found" -m venv .uv >>"$LOG" 2>&1 || {
            apt_install python3.11-venv
            rm -rf .uv
            "$found" -m venv .uv >>"$LOG" 2>&1 || fail "python -m venv failed: $(last_line)"
        }
        slowly "installing uv" .uv/bin/pip install -q --require-hashes --only-binary :all: -r infra/uv.txt ||
            fail "cannot reach the Python package registry: $(last_line)"
    fi
    UV_PROJECT_ENVIRONMENT=.venv slowly "installing packages" \
        .uv/bin/uv sync --frozen --compile-bytecode --python "$found" || fail "packages could not be installed: $(last_line)"
    echo "$stamp" >.venv/.stamp
}

# Install a package that brings a server, and keep that server down, now and after the next start of the machine.
apt_install_stopped() {
    package=$1; shift
    # Debian starts what it installs, unless this file says no. Not ours when it exists: then it decides.
    policy=/usr/sbin/policy-rc.d ours=
    if may_be_root && [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
        ours=yes
    fi
    apt_install "$package"
    if [ "$ours" ]; then
        as_root rm -f $policy
        trap - EXIT INT TERM
    fi
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now "$@" >>"$LOG" 2>&1 || true
    fi
}

broker() {
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && return
    command -v rabbitmq-server >/dev/null && return
    enough_disk
    say "RabbitMQ (Debian package; our node is private, no system-wide broker is started)"
    apt_install_stopped rabbitmq-server rabbitmq-server epmd.socket epmd
}

browser() {
    command -v chromium-headless-shell >/dev/null && return
    say "Chromium (the tests of the pages drive it)"
    # Without windows it takes a third of the processor time, for the same pages; not everybody packages it.
    (apt_install chromium-headless-shell) || command -v chromium >/dev/null || apt_install chromium
}

prometheus() {
    command -v promtool >/dev/null && return
    say "Prometheus (the tests check alerts and dashboards with it; no system-wide server is started)"
    apt_install_stopped prometheus prometheus
}

# Node.js is a Python package here, so that every machine has the version in uv.lock and nobody has to be root.
front() {
    stamp=$(cat uv.lock package.json package-lock.json | cksum)
    [ -x .venv/bin/node ] && [ "$(cat node_modules/.stamp 2>/dev/null)" = "$stamp" ] && return
    enough_disk
    say "Node.js (.venv) and npm's packages (node_modules): they check and test the scripts of the pages"
    UV_PROJECT_ENVIRONMENT=.venv slowly "installing Node.js" .uv/bin/uv sync --frozen --inexact --only-group front ||
        fail "Node.js could not be installed: $(last_line)"
    slowly "installing npm's packages" .venv/bin/npm ci || fail "cannot reach the registry of npm: $(last_line)"
    echo "$stamp" >node_modules/.stamp
}

faults() {
    command -v cc >/dev/null || command -v tcc >/dev/null || apt_install tcc
    command -v iptables >/dev/null || [ -x /usr/sbin/iptables ] || apt_install iptables
    command -v ip >/dev/null || [ -x /usr/sbin/ip ] || apt_install iproute2
}

python_environment
broker
case "${1:-}" in
    tests) browser; prometheus; faults ;;
    chaos) faults ;;
    front) front ;;
esac
