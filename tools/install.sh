#!/usr/bin/env bash
# tools/install.sh SECTION…: installs the Debian packages of those sections of tools/packages.txt.
# Does nothing, and needs no rights, when all of them are there. Otherwise: as root, or with sudo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

wanted=()
for section in "$@"; do
    mapfile -t names < <(awk -v want="[$section]" '/^#/ || /^$/ {next} /^\[/ {on = ($0 == want); next} on' "$here/packages.txt")
    [ "${#names[@]}" -gt 0 ] || { echo "install.sh: no section [$section] in packages.txt" >&2; exit 2; }
    wanted+=("${names[@]}")
done

# A newer nodejs from elsewhere brings its own npm and conflicts with Debian's: what matters is that the program is there.
have() {
    case $1 in
        nodejs) command -v node > /dev/null && return ;;
        npm) command -v npm > /dev/null && return ;;
    esac
    dpkg-query -W -f '${Status}' "$1" 2> /dev/null | grep -q ' installed$'
}

missing=()
for name in "${wanted[@]}"; do have "$name" || missing+=("$name"); done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || { echo "These packages are missing and you are neither root nor have sudo: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
command -v apt-get > /dev/null || { echo "This needs Debian 12 (apt-get). Missing: ${missing[*]}" >&2; exit 1; }
echo "installing: ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
