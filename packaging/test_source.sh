#!/usr/bin/env bash
# test_source.sh: what the README promises of a source tree on a bare Debian 12: ./run.sh --build, ./run.sh, the address that it
# prints, a second start, ./test.sh. Needs root, debootstrap, namespaces, the package registries (DEBIAN_MIRROR for Debian's),
# some 4 GB of disk, port 8008, and half an hour when the compiler cache of the caller (CCACHE_DIR) is cold.
# Leaves nothing behind. With KEEP=FOLDER the bare system is kept there, as it is before anything is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
said=$(mktemp)
root=$(mktemp -d)
outer=

fail() {
    echo "FAILED: $*" >&2
    tail -20 "$said" >&2
    exit 1
}
clean() {
    [ -z "$outer" ] || kill -9 "$outer" 2> /dev/null || true
    sleep 1
    rm -f "$said"
    rm -rf --one-file-system "$root"
}
trap clean EXIT

if (exec 3<> /dev/tcp/127.0.0.1/8008) 2> /dev/null; then echo "FAILED: port 8008 is taken" >&2; exit 1; fi
bare=${KEEP:-$root.bare}
if [ ! -d "$bare/etc" ]; then
    debootstrap --variant=minbase bookworm "$bare" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" > "$said" 2>&1 \
        || fail "debootstrap"
fi
if [ -n "${KEEP:-}" ]; then cp -a "$bare/." "$root/"; else rmdir "$root" && mv "$bare" "$root"; fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir "$root/root/peyk" "$root/root/cache"
git ls-files -z | tar --null --files-from=- --create | tar --extract --directory="$root/root/peyk"
# Where a network shows certificates of its own, its authority is the caller's to give.
settings=()
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    cp "$NODE_EXTRA_CA_CERTS" "$root/root/authorities.pem"
    settings+=(NODE_EXTRA_CA_CERTS=/root/authorities.pem)
fi
cache=$(ccache --get-config cache_dir 2> /dev/null || true)

unshare --mount --pid --fork --kill-child --propagation private bash -ec '
    root=$1
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    [ -z "$2" ] || mount --bind "$2" "$root/root/cache"
    exec sleep infinity' _ "$root" "$cache" &
outer=$!
sleep 1
init=$(pgrep -P "$outer")
inside() {
    nsenter -t "$init" -m -p chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
        CCACHE_DIR=/root/cache "${settings[@]}" bash -c 'cd /root/peyk && "$@"' _ "$@"
}
ask() { curl --silent --fail --max-time 20 "$@"; }

echo "./run.sh --build"
began=$SECONDS
inside ./run.sh --build > "$said" 2>&1 || fail "./run.sh --build"
[ -x "$root/root/peyk/build/release/peyk" ] || fail "build/release/peyk is not there"
[ ! -e "$root/root/peyk/var" ] || fail "--build has made a configuration"
echo "  $((SECONDS - began)) s"

# starts [first|again]: ./run.sh up to an address that answers, and its end.
starts() {
    began=$SECONDS
    inside ./run.sh > "$said" 2>&1 &
    runner=$!
    for _ in $(seq 600); do
        grep -q "listening on" "$said" && break
        kill -0 "$runner" 2> /dev/null || fail "./run.sh has ended"
        sleep 0.1
    done
    address=$(sed -n 's/^ *open \(http[^ ]*\)$/\1/p' "$said")
    [ -n "$address" ] || fail "no address is printed"
    ask "$address/_matrix/client/versions" | grep -q '"v1' || fail "$address does not answer"
    ask "$address/" | grep -qi '<script' || fail "$address has no web client"
    link=$(grep -o 'http://[^ ]*/i/[A-Za-z0-9_-]*' "$said" || true)
    [ -n "$link" ] || fail "no link for the first person is printed"
    ask "$link" > /dev/null || fail "$link does not open"
    echo "  $address after $((SECONDS - began)) s"
    pkill -TERM --ns "$init" --nslist pid -x peyk || fail "the server does not run"
    local end=$((SECONDS + 5))
    while kill -0 "$runner" 2> /dev/null; do
        [ $SECONDS -lt $end ] || fail "the server does not stop"
        sleep 0.1
    done
    wait "$runner" || fail "the server ended with an error"
}
echo "./run.sh"
starts
[ "$(stat -c %a "$root/root/peyk/var/data")" = 700 ] || fail "others may look into the data"
made=$(sha256sum "$root/root/peyk/var/peyk.toml" "$root/root/peyk/var/data/store.key")
echo "./run.sh again"
starts
[ "$made" = "$(sha256sum "$root/root/peyk/var/peyk.toml" "$root/root/peyk/var/data/store.key")" ] || fail "a second start makes all anew"

echo "./test.sh lint"
inside ./test.sh lint > "$said" 2>&1 || fail "./test.sh lint"
tail -1 "$said" | grep -qE '^[0-9]+ passed, 0 failed$' || fail "./test.sh does not end with its line"
echo "source: a bare Debian 12 builds and starts it"
