#!/usr/bin/env bash
# web/build.sh OUTPUT_FOLDER: installs what the lock file names (once), bundles, and leaves a flat folder of files:
# index.html, assets with their hash in the name, sw.js, manifest.webmanifest, icons, LICENSES.txt. The same sources give
# the same bytes. No package runs a script when it is installed.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: web/build.sh OUTPUT_FOLDER" >&2; exit 2; }
mkdir -p "$1"
output=$(cd "$1" && pwd)
cd "$(dirname "$0")"

stamp=node_modules/.installed.json
if [ ! -f "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
    npm ci --silent --no-audit --no-fund --ignore-scripts
    cp package-lock.json "$stamp"
fi
exec node build.mjs "$output"
