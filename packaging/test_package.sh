#!/usr/bin/env bash
# test_package.sh BUILD_FOLDER: the Debian package builds, holds what it should, and its unit is locked in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?build folder}
fail() { echo "FAILED: $*" >&2; exit 1; }

ninja -C "$build" deb > "$build/package.log" 2>&1 || { tail -20 "$build/package.log" >&2; fail "the package does not build"; }
package=$(ls -t "$build"/peyk_*.deb | head -1)
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
dpkg-deb -x "$package" "$unpacked"
dpkg-deb -e "$package" "$unpacked/DEBIAN"

for file in usr/bin/peyk usr/lib/systemd/system/peyk.service usr/share/doc/peyk/copyright usr/share/doc/peyk/guide/install.md \
    usr/lib/peyk/peyk-thumbnailer usr/lib/peyk/peyk-pagereader; do
    [ -e "$unpacked/$file" ] || fail "$file is not in the package"
done
"$unpacked/usr/bin/peyk" --version > /dev/null || fail "the packaged program does not run"
for script in postinst prerm postrm; do
    [ -x "$unpacked/DEBIAN/$script" ] || fail "$script is missing or not executable"
    sh -n "$unpacked/DEBIAN/$script" || fail "$script is not a shell script"
done
grep -q 'Depends:.*librocksdb' "$unpacked/DEBIAN/control" || fail "the libraries are not among the dependencies"
grep -q 'Depends:.*libxml2' "$unpacked/DEBIAN/control" || fail "the libraries of the page reader are not among the dependencies"
grep -q 'Depends:.*adduser' "$unpacked/DEBIAN/control" || fail "adduser is not among the dependencies"

# systemd scores 0 (locked in) to 10 (open).
if command -v systemd-analyze > /dev/null; then
    score=$(systemd-analyze security --offline=true --no-pager "$here/peyk.service" 2> /dev/null | sed -n 's/.*level for peyk.service: \([0-9.]*\).*/\1/p')
    awk -v score="$score" 'BEGIN { exit !(score != "" && score <= 1.5) }' || fail "systemd-analyze gives the unit $score; at most 1.5 is wanted"
fi
echo "package: $(basename "$package"), $(du -h "$package" | cut -f1), unit scores ${score:-unknown}"
