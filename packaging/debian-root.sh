# A Debian 12 of its own, for tests of the package; to be sourced. Makes $scratch with $root in it, and removes both at
# the end.
# shellcheck shell=bash disable=SC2034 # pids is for who sources this

script/setup debootstrap dpkg-dev
scratch=$(mktemp -d /var/tmp/banrisk-package-XXXXXX)
root=$scratch/root
pids=()
group=
finish() {
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    for place in proc dev/null; do umount "$root/$place" 2>/dev/null || true; done
    rm -rf --one-file-system "$scratch"
    [[ ! $group ]] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
}
trap finish EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
# A command in the root, of a user where one is named.
inside() { LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
as() { inside setpriv --reuid="$1" --regid="$1" --init-groups "${@:2}"; } # USER COMMAND
until_so() {
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    fail "it never came: $*"
}

# Fills the root: from $BASE, a folder like it that is there already, or by debootstrap from $MIRROR.
make_root() {
    local with=acl,man-db,netcat-openbsd,python3-minimal,sqlite3,systemd
    if [[ ${BASE:-} ]]; then
        cp -a --one-file-system "$BASE" "$root"
    else
        local mirror=${MIRROR:-http://deb.debian.org/debian}
        debootstrap --variant=minbase --include="$with" bookworm "$root" "$mirror" >"$scratch/log" ||
            { tail -5 "$scratch/log" >&2; fail "debootstrap"; }
    fi
    # Where debootstrap could make no devices, there is at least one.
    [[ -c $root/dev/null ]] || { touch "$root/dev/null"; mount --bind /dev/null "$root/dev/null"; }
    cp Config/demo/*.mmdb Config/demo/events.ndjson "$root/srv/"
}

# apt-get in the root, silent unless it fails.
apt() {
    inside apt-get -qq "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "apt-get $*"; }
}

# The package as a next version would be: other rules, another configuration. Into /srv of the root.
make_next() { # PACKAGE
    mkdir "$scratch/next"
    dpkg-deb -R "$1" "$scratch/next"
    version=$(dpkg-deb -f "$1" Version)+next
    sed -i "s/^Version: .*/Version: $version/" "$scratch/next/DEBIAN/control"
    for file in banrisk rules; do echo '# of the next version' >>"$scratch/next/etc/banrisk/$file.yaml"; done
    dpkg-deb --root-owner-group -Zgzip -b "$scratch/next" "$root/srv/next.deb" >/dev/null
}
