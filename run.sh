#!/usr/bin/env bash
# ./run.sh           installs what peyk needs, builds it, makes a first configuration under var/, starts it
# ./run.sh --build   only installs and builds (build/release/peyk)
# More arguments go to `peyk serve`. PEYK_WEB=OFF in the environment builds without the web client, which needs no npm.
set -euo pipefail
cd "$(dirname "$0")"

case "${1:-}" in --help | -h) sed -n '2,4s/^# //p' "$0"; exit 0 ;; esac
only_build=no
if [ "${1:-}" = --build ]; then only_build=yes; shift; fi

sections=(build run)
if [ -f web/build.sh ] && [ "${PEYK_WEB:-ON}" != OFF ]; then sections+=(web); fi
tools/install.sh "${sections[@]}"
tools/build.sh release peyk
if [ "$only_build" = yes ]; then exit 0; fi

config=var/peyk.toml
if [ ! -f "$config" ]; then
    mkdir -p var
    # A trial for this machine alone: the name is localhost, and such a store never talks to other servers.
    # For a server with a name of its own: build/release/peyk init
    build/release/peyk init --unattended --config "$config" --data var/data
fi
exec build/release/peyk serve --config "$config" "$@"
