#!/usr/bin/env bash
# Environment 1 of the fire-sale paper, from text to certificate, against a bare process start. RUNS=201 by default.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
"$build/tests/bench" "${RUNS:-201}" -- "$build/econc" run examples/fire-sales/environment1.econ
