#!/usr/bin/env bash
# ./test.sh [GROUP…]: installs what the tests need, builds, runs, and ends with the line "N passed, N failed".
# Without a group: all fast ones. ./test.sh --list names them all.
set -euo pipefail
cd "$(dirname "$0")"
case " $* " in
    *" --list "* | *" --help "*) ;;
    *) tools/install.sh build run test || { echo "0 passed, 1 failed"; exit 1; } ;;
esac
exec python3 tools/run_tests.py "$@"
