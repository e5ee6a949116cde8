#!/bin/sh
# Stand-ins for the public images, from Debian packages: for a machine that reaches no image registry.
# `build.sh NAME...` with python, postgres or rabbitmq; the images are called stalkingalarm-standin/<name>.
# They speak the part of the public images' interface that compose.yaml uses. What is there is not built again.
set -eu
cd "$(dirname "$0")"

PREFIX=stalkingalarm-standin
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt
export DOCKER_BUILDKIT=0

fail() { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }
there() { docker image inspect "$PREFIX/$1" >/dev/null 2>&1; }

# The root file system that all others are made from.
debian() {
    there debian && return
    command -v mmdebstrap >/dev/null || apt-get -q install -y --no-install-recommends mmdebstrap >&2
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
        bookworm "$folder/base.tar" http://deb.debian.org/debian
    docker import "$folder/base.tar" $PREFIX/debian >/dev/null
    rm "$folder/base.tar"
}

# Builds inside it trust whom this machine trusts, whatever stands between it and the package registries;
# the project's own Dockerfile knows nothing of that.
python() {
    there python && return
    debian
    cp $CERTIFICATES "$folder/certificates.crt"
    printf 'FROM %s\nCOPY certificates.crt %s\nENV PIP_CERT=%s SSL_CERT_FILE=%s\n' \
        $PREFIX/debian $CERTIFICATES $CERTIFICATES $CERTIFICATES >"$folder/Dockerfile"
    docker build -q -t $PREFIX/python "$folder" >/dev/null
}

server() {
    there "$1" && return
    debian
    docker build -q -t "$PREFIX/$1" "$1" >/dev/null
}

docker info >/dev/null 2>&1 || fail "no container engine answers: infra/docker/engine.sh starts one"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name; do
    case $name in
        python) python ;;
        postgres | rabbitmq) server "$name" ;;
        *) fail "there is no stand-in for $name: it needs an image registry" ;;
    esac
done
