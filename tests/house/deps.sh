#!/bin/sh
# deps.sh [full|peers|fresh]: installs the Debian packages that are missing, with sudo where it is needed and there; asks nothing; makes
# no call of apt when all are there. `full` and `fresh` add what only the long checks use.
set -eu
need="gcc libc6-dev make bison flex libsuitesparse-dev libglpk-dev libgsl-dev libcunit1-dev libjansson-dev clang libclang-rt-14-dev git"
case "${1:-}" in
  full)  need="$need valgrind texlive-latex-base" ;;
  peers) need="$need pkg-config libpetsc-real-dev libsiconos-numerics-dev octave dynare" ;;
  fresh) need="debootstrap git ca-certificates" ;;
esac
missing=""
for p in $need; do
  case "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null)" in
    "install ok installed" | "hold ok installed") ;;
    *) missing="$missing $p" ;;
  esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then root=""
elif command -v sudo >/dev/null; then root="sudo"
else
  echo "missing packages, and neither root nor sudo to install them:$missing" >&2
  exit 1
fi
echo "installing$missing"
$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y update
$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing
