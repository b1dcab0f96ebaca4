#!/usr/bin/env bash
# The README's two commands in a bare Debian: a chroot made with debootstrap from this machine's own package sources, with a clone
# of the committed state in it. Needs root; leaves nothing behind. RELEASE is the Debian release (this machine's).
set -eu -o pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "check-fresh makes a chroot: run it as root" >&2; exit 2; }
release=${RELEASE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
# The first Debian archive that this machine's sources name, in either format.
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
  sed -nE 's/^URIs: *([^ ]+).*/\1/p;s/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' | grep -m 1 -E '/debian/?$') || true
[ -n "$mirror" ] || { echo "no Debian archive in the package sources of this machine" >&2; exit 2; }
mapfile -t commands < <(awk '/^```sh/ {on = 1; next} /^```/ {if (on) exit} on' README.md)
[ "${#commands[@]}" = 2 ] || { echo "README.md should begin with a block of two commands" >&2; exit 2; }

root=$(mktemp -d)
clean() {
  for m in dev/pts dev proc; do mountpoint -q "$root/$m" && umount -l "$root/$m" || true; done
  rm -rf --one-file-system "$root"
}
trap clean EXIT INT TERM
debootstrap --variant=minbase "$release" "$root" "$mirror" >"${LOG:-/dev/null}"
rm -f "$root/etc/apt/sources.list"
# The package sources and the names of this machine, no credentials; a proxy comes through the environment.
for f in /etc/apt/sources.list /etc/apt/sources.list.d /etc/resolv.conf /etc/hosts; do
  [ ! -e "$f" ] || cp -rL --parents "$f" "$root"
done
find "$root/etc/apt/sources.list.d" -type f 2>/dev/null | while IFS= read -r f; do grep -qF "$mirror" "$f" || rm -f "$f"; done
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
git clone -q . "$root/root/econc"
for c in "${commands[@]}"; do
  echo "\$ $c"
  chroot "$root" /usr/bin/env -i HOME=/root ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C sh -c "cd /root/econc && $c"
done
echo "check-fresh: 2 passed, 0 failed"
