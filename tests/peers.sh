#!/usr/bin/env bash
# Complementarity solvers of others beside this library's, in one run: the same F and exact Jacobian, the same start, and the natural
# residual |x - P(x - F)| of what each returns measured by one routine (tests/peers/ours judge). A line gives the time as a multiple
# of ours, or that 1e-8 was not reached, in LIMIT seconds (60) or at all; then the solver's own word on how it ended, which may differ
# from what the residual says. What is not installed is said; `make bench-peers-deps` installs it.
# PETSc: SNESVI, reduced space and semismooth, sparse LU. Siconos: Fischer-Burmeister and minimum, dense. Octave: lmmcp of dynare.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build} limit=${LIMIT:-60} work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$build/tests/peers
mkdir -p "$here"
flags=(-std=gnu17 -D_GNU_SOURCE -I"$build/gen" -I. -O3 -w)
libs=(-lklu -lamd -lcolamd -lbtf -lsuitesparseconfig -lglpk -lgsl -lgslcblas -lm -lpthread)
compile() { # compile NAME COMPILER FLAGS...: quietly; the program is there if everything was
  local name=$1 cc=$2
  shift 2
  "$cc" "${flags[@]}" -o "$here/$name" "tests/peers/$name.c" tests/peers/peer.c "$build/libecon.a" "$@" "${libs[@]}" 2>"$work/cc" || { rm -f "$here/$name"; return 1; }
}
compile ours "${CC:-cc}" || { cat "$work/cc"; exit 1; }
petsc=$(ls -d /usr/lib/petscdir/petsc*/*-real/lib/pkgconfig 2>/dev/null | tail -1)
has_petsc=0 has_siconos=0 has_lmmcp=0
if [ -n "$petsc" ] && command -v mpicc >/dev/null && command -v pkg-config >/dev/null; then
  # shellcheck disable=SC2046
  compile snesvi mpicc $(PKG_CONFIG_PATH=$petsc pkg-config --cflags --libs PETSc) && has_petsc=1
fi
[ -d /usr/include/siconos ] && compile siconos "${CC:-cc}" -I/usr/include/siconos -lsiconos_numerics && has_siconos=1
lmmcp=$(find /usr/lib/dynare /usr/share/dynare -name lmmcp.m 2>/dev/null | head -1)
[ -n "$lmmcp" ] && command -v octave-cli >/dev/null && has_lmmcp=1

# The median of three times where it is short; the first alone where not. Status 124: the limit was met. $work/word: what the solver says.
timed() { # timed COMMAND...: prints seconds
  local t word all=() k status
  for k in 1 2 3; do
    t=$(OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 timeout "$limit" "$@" 2>"$work/said" | tail -1; exit "${PIPESTATUS[0]}")
    status=$?
    [ "$status" != 124 ] || return 124
    read -r t word <<<"$t"
    [[ $t =~ ^[0-9.]+$ ]] || return 1
    printf '%s' "$word" >"$work/word"
    all+=("$t")
    awk "BEGIN {exit !($t > 2)}" && break
  done
  printf '%s\n' "${all[@]}" | sort -g | sed -n "$(((${#all[@]} + 1) / 2))p"
}
row() { # row LABEL COMMAND...: the command writes $work/x
  local label=$1 t r status word
  shift
  rm -f "$work/x" "$work/word"
  t=$(timed "$@")
  status=$?
  word=$(cat "$work/word" 2>/dev/null)
  if [ "$status" = 124 ]; then printf '  %-34s did not reach 1e-8 in %s s\n' "$label" "$limit"; return; fi
  if [ "$status" != 0 ] || [ ! -s "$work/x" ]; then printf '  %-34s failed: %s\n' "$label" "$(head -1 "$work/said" | cut -c 1-80)"; return; fi
  r=$("$here/ours" judge "$name" "$size" "$work/x" || echo inf)
  if [[ $r != *inf* ]] && awk "BEGIN {exit !($r <= 1e-8)}"; then printf '  %-34s %8.2f times ours (%.4f s), residual %s; it says: %s\n' "$label" "$(awk "BEGIN {print $t/$ours}")" "$t" "$r" "$word"
  else printf '  %-34s did not reach 1e-8: stopped at %s after %.2f s; it says: %s\n' "$label" "$r" "$t" "$word"
  fi
}
# PROBLEMS, a list such as "spatial 20,exchange 50", for some of them.
IFS=, read -r -a problems <<<"${PROBLEMS:-collateral 1,exchange 50,exchange 400,spatial 20,spatial 45,spatial 100}"
for problem in "${problems[@]}"; do
  read -r name size <<<"$problem"
  t=() r=inf n=0
  for k in 1 2 3 4 5; do read -r n s r word < <("$here/ours" solve "$name" "$size"); t+=("$s"); done
  ours=$(printf '%s\n' "${t[@]}" | sort -g | sed -n 3p)
  printf '%s %s, %s unknowns\n  %-34s %.4f s, residual %s; it says: %s\n' "$name" "$size" "$n" "econc" "$ours" "$r" "$word"
  for method in rsls ssls; do
    if [ "$has_petsc" = 1 ]; then row "PETSc SNESVI $method" "$here/snesvi" "$method" "$name" "$size" "$work/x"
    else printf '  %-34s not installed\n' "PETSc SNESVI $method"; fi
  done
  for method in fb min; do
    if [ "$has_siconos" = 0 ]; then printf '  %-34s not installed\n' "Siconos $method"
    elif [ "$n" -gt 2500 ]; then printf '  %-34s dense: not tried\n' "Siconos $method"
    else row "Siconos $method" "$here/siconos" "$method" "$name" "$size" "$work/x"; fi
  done
  if [ "$has_lmmcp" = 1 ]; then
    "$here/ours" dump "$name" "$size" "$work/data"
    row "Octave lmmcp" octave-cli --norc -q -p tests/peers -p "$(dirname "$lmmcp")" -p "$(dirname "$lmmcp")/.." --eval "peer_run('$name', '$work/data', '$work/x')"
  else printf '  %-34s not installed\n' "Octave lmmcp"; fi
done
