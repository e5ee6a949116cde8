#!/bin/sh
# Stand-ins for the public images, from Debian packages: for a machine that reaches no image registry.
# `build.sh TAG...` with TAG of python; images are called stalkingalarm-standin/<name>.
set -eu
cd "$(dirname "$0")"

PREFIX=stalkingalarm-standin
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

fail() { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }

# The root file system. Builds inside it trust whom this machine trusts, whatever stands between it and
# the package registries; the project's own Dockerfile knows nothing of that.
python() {
    docker image inspect $PREFIX/python >/dev/null 2>&1 && return
    command -v mmdebstrap >/dev/null || apt-get -q install -y --no-install-recommends mmdebstrap >&2
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
        bookworm "$folder/base.tar" http://deb.debian.org/debian
    docker import "$folder/base.tar" $PREFIX/debian >/dev/null
    cp $CERTIFICATES "$folder/certificates.crt"
    printf 'FROM %s\nCOPY certificates.crt %s\nENV PIP_CERT=%s SSL_CERT_FILE=%s\n' \
        $PREFIX/debian $CERTIFICATES $CERTIFICATES $CERTIFICATES >"$folder/Dockerfile"
    rm "$folder/base.tar"
    DOCKER_BUILDKIT=0 docker build -q -t $PREFIX/python "$folder" >/dev/null
}

docker info >/dev/null 2>&1 || fail "no container engine answers: infra/docker/engine.sh starts one"
python
