#!/usr/bin/env bash
# test_source.sh: what the README promises of a source tree on a bare Debian 12, to somebody with sudo: ./run.sh --build,
# ./run.sh, the address that it prints, a second start, ./test.sh. Needs root, debootstrap, namespaces, the package registries
# (DEBIAN_MIRROR for Debian's), some 4 GB of disk, port 8008, and an hour when the caller's compiler cache, which is only
# read, is cold.
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
    rm -rf --one-file-system "$root" "$root.bare"
}
trap clean EXIT

if (exec 3<> /dev/tcp/127.0.0.1/8008) 2> /dev/null; then echo "FAILED: port 8008 is taken" >&2; exit 1; fi
bare=${KEEP:-$root.bare}
if [ ! -d "$bare/etc" ]; then
    debootstrap --variant=minbase bookworm "$bare" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" > "$said" 2>&1 \
        || fail "debootstrap"
fi
if [ -n "${KEEP:-}" ]; then cp -a "$bare/." "$root/"; else rmdir "$root" && mv "$bare" "$root"; fi
chmod 755 "$root"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
chroot "$root" useradd --create-home --shell /bin/bash somebody
home=$root/home/somebody
mkdir "$home/peyk" "$root/var/cache/ccache"
git ls-files -z | tar --null --files-from=- --create | tar --extract --no-same-owner --directory="$home/peyk"
chroot "$root" chown -R somebody: /home/somebody/peyk
# Where a network shows certificates of its own, its authority is the caller's to give.
settings=()
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    cp "$NODE_EXTRA_CA_CERTS" "$root/etc/authorities.pem"
    settings+=(NODE_EXTRA_CA_CERTS=/etc/authorities.pem)
fi
cache=$(ccache --get-config cache_dir 2> /dev/null || true)

unshare --mount --pid --fork --kill-child --propagation private bash -ec '
    root=$1
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    [ -z "$2" ] || mount --bind "$2" "$root/var/cache/ccache"
    exec sleep infinity' _ "$root" "$cache" &
outer=$!
sleep 1
init=$(pgrep -P "$outer")
in_root() { nsenter -t "$init" -m -p chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }
inside() {
    nsenter -t "$init" -m -p chroot --userspec=somebody:somebody "$root" \
        env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/somebody TERM=dumb CCACHE_DIR=/var/cache/ccache CCACHE_READONLY=1 \
        CCACHE_TEMPDIR=/tmp "${settings[@]}" bash -c 'cd ~/peyk && "$@"' _ "$@"
}
ask() { curl --silent --fail --max-time 20 "$@"; }

echo "without rights"
if inside ./run.sh --build > "$said" 2>&1; then fail "nothing is missing in a bare system"; fi
grep -q "neither root nor have sudo: .*clang-19" "$said" || fail "it does not say what is missing"
in_root apt-get update -qq > "$said" 2>&1 && in_root apt-get install -y -qq --no-install-recommends sudo > "$said" 2>&1 || fail "no sudo"
echo "somebody ALL=(ALL) NOPASSWD: ALL" > "$root/etc/sudoers.d/somebody"
echo "./run.sh --build"
began=$SECONDS
inside ./run.sh --build > "$said" 2>&1 || fail "./run.sh --build"
[ -x "$home/peyk/build/release/peyk" ] || fail "build/release/peyk is not there"
[ ! -e "$home/peyk/var" ] || fail "--build has made a configuration"
echo "  $((SECONDS - began)) s"

# ./run.sh up to an address that answers, and its end.
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
[ "$(stat -c %a "$home/peyk/var/data")" = 700 ] || fail "others may look into the data"
made=$(sha256sum "$home/peyk/var/peyk.toml" "$home/peyk/var/data/store.key")
echo "./run.sh again"
starts
[ "$made" = "$(sha256sum "$home/peyk/var/peyk.toml" "$home/peyk/var/data/store.key")" ] || fail "a second start makes all anew"

echo "./test.sh lint unit"
inside ./test.sh lint unit > "$said" 2>&1 || fail "./test.sh lint unit"
tail -1 "$said" | grep -qE '^[0-9]+ passed, 0 failed$' || fail "./test.sh does not end with its line"
echo "source: a bare Debian 12 builds and starts it"
