#!/usr/bin/env bash
# tools/web.sh: builds the web client (web/) into build/web, unless it is there already, made of the same files. All kinds
# of builds share it. Needs npm, and its registry the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
exec 9> build/web.lock
flock 9  # two builds at once: the second one finds it done

sum=$(find web -type d \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f -print0 | sort -z \
    | xargs -0 sha256sum | sha256sum)
if [ -f build/web/index.html ] && [ "$(cat build/web.sum 2> /dev/null)" = "$sum" ]; then exit 0; fi

if ! command -v npm > /dev/null; then
    echo "web.sh: the web client needs npm (tools/install.sh web). Without it: PEYK_WEB=OFF ./run.sh" >&2
    exit 1
fi
rm -rf build/web.new
mkdir build/web.new
web/build.sh "$PWD/build/web.new" >&2
if [ ! -f build/web.new/index.html ]; then
    echo "web.sh: web/build.sh has made no index.html" >&2
    exit 1
fi
rm -rf build/web
mv build/web.new build/web
echo "$sum" > build/web.sum
