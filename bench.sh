#!/usr/bin/env bash
# ./bench.sh NAME [options]: measures one figure of a release build on this machine. The last line is one JSON object.
# ./bench.sh --list names them all.
set -euo pipefail
cd "$(dirname "$0")"
case "${1:-}" in
    "" | --list | --help) exec python3 bench/run.py --list ;;
esac
tools/install.sh build run test >&2
tools/build.sh release peyk bench_load bench_unsealed >&2
exec python3 bench/run.py "$@"
