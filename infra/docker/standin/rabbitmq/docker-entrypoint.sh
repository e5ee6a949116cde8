#!/bin/sh
# The public image's entry point also changes from root to its own user; compose.yaml says `user: rabbitmq`.
set -eu
[ "$(id -u)" != 0 ] || { echo "run this image as user rabbitmq" >&2; exit 1; }
exec "$@"
