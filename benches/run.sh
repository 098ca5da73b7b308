#!/usr/bin/env bash
# Prints every figure that design and documentation name as one table, with what is wanted and whether it is met: time per
# task, `status` and `next --peek` at size, the next card beside other task tools, the audit beside git's own listing, the
# fence, several jobs, hooks beside hook managers, landings in a large tree, start-up. Interleaved and shuffled; medians, and medians of ratios: noise
# hits all sides alike. Tools that are not on the PATH are skipped by name. Needs Python with the module blake3.
#
#   benches/run.sh [WORKDIR]
#       PARTS="start tasks size next audit fence jobs hooks large" (and floods)  ROUNDS=25  TASKS=200  SIZES="1000 100000"
#       SHAPES="1000:10000:10000 10000:50000:100000 100000:1000000:100000"   (cards:events:commits)
#       LARGE=40000  AUDITED="10000 100000"  NEXT_OF=1000  SPAWNS=200  BUILDS=5  JOBS="1 2 4 8"  JOB_CARDS=64  SECONDS_EACH=2
#
#   FAST=1 benches/run.sh                                     the same with few rounds and small sizes, in a few minutes
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${FAST:-}" ]; then
	export ROUNDS=${ROUNDS:-5} TASKS=${TASKS:-20} SIZES=${SIZES:-1000} SHAPES=${SHAPES:-1000:10000:10000}
	export AUDITED=${AUDITED:-1000} NEXT_OF=${NEXT_OF:-100} SPAWNS=${SPAWNS:-20} BUILDS=${BUILDS:-1}
	export LARGE=${LARGE:-4000} JOBS=${JOBS:-1 8} JOB_CARDS=${JOB_CARDS:-16} SECONDS_EACH=${SECONDS_EACH:-1}
fi
BIN=${BIN:-}
if [ -z "$BIN" ]; then
	cargo build --release --quiet
	BIN=$PWD/target/release/git-harness
fi
W=${1:-$(mktemp -d)}
mkdir -p "$W/home"
# Builds inside of the fence need the toolchain, wherever the home is.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$W/home XDG_CACHE_HOME=$W/cache XDG_CONFIG_HOME=$W/config GIT_CONFIG_NOSYSTEM=1 NO_COLOR=1 WORK=$W
printf '[user]\n\tname = bench\n\temail = bench@example.invalid\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n' > "$HOME/.gitconfig"
exec python3 benches/run.py "$BIN" "$W"
