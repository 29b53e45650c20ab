#!/usr/bin/env bash
# test_install.sh BUILD_FOLDER: the life of the package on a bare Debian 12 with a systemd of its own: install, first start
# under the unit, a picture through the decoder behind the unit's filters, upgrade, remove, purge, install again.
# Needs root, debootstrap, namespaces, and some 100 MB from the mirror (DEBIAN_MIRROR). Leaves nothing behind.
# With KEEP=FOLDER the bare system is kept there, and taken from there the next time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?build folder}
package=$(ls -t "$build"/peyk_*.deb | head -1)
port=18480
said=$(mktemp)
root=${KEEP:-$(mktemp -d)}
init=

fail() {
    echo "FAILED: $*" >&2
    tail -20 "$said" >&2
    inside journalctl --no-pager -b -n 15 -u peyk >&2 || true
    exit 1
}
inside() {
    nsenter -t "$init" -m -p -u -i -C -r -w \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive "$@"
}
quietly() { inside "$@" > "$said" 2>&1 || fail "$*"; }
as_peyk() { quietly runuser -u peyk -- "$@"; }
clean() {
    [ -z "$init" ] || kill -9 "$init" 2> /dev/null || true
    sleep 1
    rm -f "$said"
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$root"
}
trap clean EXIT

if [ ! -x "$root/sbin/init" ]; then
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" \
        > "$said" 2>&1 || { tail -5 "$said" >&2; echo "FAILED: debootstrap" >&2; exit 1; }
fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp "$package" "$root/root/peyk.deb"

# PID 1 of namespaces of its own; the network is shared, so the server can be asked from here.
unshare --mount --pid --fork --uts --ipc --cgroup --propagation private bash -ec '
    root=$1
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r name major minor <<< "$device"
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    # Not only chroot: the kernel makes no user namespace (PrivateUsers=) in one.
    cd "$root"
    pivot_root . .
    umount -l .
    exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        chroot . /sbin/init systemd.unified_cgroup_hierarchy=1 --log-target=journal --show-status=false' \
    _ "$root" > /dev/null 2>&1 < /dev/null &
outer=$!
for _ in $(seq 100); do
    sleep 0.3
    init=$(pgrep -P "$outer" || true)
    case $(inside systemctl is-system-running 2> /dev/null || true) in running | degraded) break ;; esac
done
inside systemctl is-system-running > "$said" 2>&1 || grep -q degraded "$said" || fail "systemd does not come up in a namespace here"

echo "install"
if [ -n "${KEEP:-}" ]; then  # of an earlier run that failed
    inside dpkg --purge peyk > /dev/null 2>&1 || true
    rm -rf "$root/var/lib/peyk" "$root/etc/peyk"
fi
quietly apt-get update -qq
quietly apt-get install -y -qq --no-install-recommends /root/peyk.deb
grep -q "peyk init" "$said" || fail "the package does not say what to do next"
[ "$(inside stat -c '%U %a' /var/lib/peyk)" = "peyk 700" ] || fail "/var/lib/peyk is not the server's own"
[ "$(inside stat -c '%U %a' /etc/peyk)" = "peyk 750" ] || fail "/etc/peyk is not the server's own"
quietly systemd-analyze verify peyk.service
[ ! -s "$said" ] || fail "systemd-analyze has something to say"

echo "first start"
as_peyk peyk init --config /etc/peyk/peyk.toml --data /var/lib/peyk/data --unattended --no-tls --port $port
echo "correct horse battery staple" > "$root/var/lib/peyk/password"
as_peyk peyk user add sara --admin --config /etc/peyk/peyk.toml --password-file /var/lib/peyk/password
quietly systemctl enable --now peyk
quietly systemctl is-active peyk
pid=$(inside systemctl show -P MainPID peyk)
inside cat "/proc/$pid/status" > "$said"
for line in "Seccomp:	2" "NoNewPrivs:	1" "CapEff:	0000000000000000" "CapBnd:	0000000000000000"; do
    grep -q "^$line" "$said" || fail "the running server has not '$line'"
done

# While the server runs: an account, and what the doctor says. Then a picture, whose decoder is a child behind the same filters.
as_peyk peyk user add omid --config /etc/peyk/peyk.toml --password-file /var/lib/peyk/password
inside runuser -u peyk -- peyk doctor --config /etc/peyk/peyk.toml > "$said" 2>&1 || grep -q "keys" "$said" || fail "peyk doctor"
python3 - "$port" << 'END' > "$said" 2>&1 || fail "the server under its unit"
import json, struct, sys, urllib.request, zlib

base = f"http://127.0.0.1:{sys.argv[1]}/_matrix"

def ask(method, path, body=None, token=None, kind="application/json"):
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(base + path, data=data, method=method, headers={"Content-Type": kind})
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers.get_content_type(), answer.read()

def png(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b"".join(b"\0" + bytes((x * 255 // width, y * 255 // height, 90)[i] for x in range(width) for i in range(3))
                    for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

assert "versions" in json.loads(ask("GET", "/client/versions")[1])
for user in ("sara", "omid"):
    signed_in = json.loads(ask("POST", "/client/v3/login", {"type": "m.login.password", "password": "correct horse battery staple",
                                                             "identifier": {"type": "m.id.user", "user": user}})[1])
token = signed_in["access_token"]
uri = json.loads(ask("POST", "/media/v3/upload", png(800, 600), token, "image/png")[1])["content_uri"]
kind, small = ask("GET", f"/client/v1/media/thumbnail/{uri.removeprefix('mxc://')}?width=96&height=96&method=crop", token=token)
assert kind == "image/png" and struct.unpack(">II", small[16:24]) == (96, 96), (kind, small[:24])
print("thumbnail", kind, len(small))
END
quietly systemctl reload peyk
began=$(date +%s%N)
quietly systemctl restart peyk
echo "  restarted in $((($(date +%s%N) - began) / 1000000)) ms"

echo "upgrade"
pid=$(inside systemctl show -P MainPID peyk)
quietly apt-get install -y -qq --reinstall /root/peyk.deb
quietly systemctl is-active peyk
[ "$(inside systemctl show -P MainPID peyk)" != "$pid" ] || fail "the upgrade left the old program running"

echo "remove, purge"
quietly apt-get remove -y -qq peyk
inside systemctl is-active peyk > /dev/null 2>&1 && fail "the server runs on after the removal"
[ ! -e "$root/usr/bin/peyk" ] || fail "the program is left behind"
[ -e "$root/etc/peyk/peyk.toml" ] && [ -d "$root/var/lib/peyk/data/store" ] || fail "the removal took data away"
quietly apt-get purge -y -qq peyk
grep -q "left in place" "$said" || fail "the purge does not say that data stays"
[ -e "$root/etc/peyk/peyk.toml" ] && [ -d "$root/var/lib/peyk/data/store" ] || fail "the purge took data away"

echo "install again"
quietly apt-get install -y -qq /root/peyk.deb
quietly systemctl enable --now peyk
as_peyk peyk user list --config /etc/peyk/peyk.toml
grep -q "@omid:localhost" "$said" || fail "the accounts are gone"
echo "install: the package lives as it should"
