#!/usr/bin/env bash
# Prints the figures that the documentation names: a run with several jobs, time per task, `status` and `next --peek` at size, what the hooks add
# to a commit, start-up. Interleaved and shuffled; medians, and medians of ratios. Machine noise hits all sides alike.
#
#   benches/run.sh [WORKDIR]     TASKS=200 CARDS=10000 EVENTS=50000 COMMITS=100000 ROUNDS=25 SIZES="1000 100000"
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet
BIN=$PWD/target/release/git-harness
W=${1:-$(mktemp -d)}
mkdir -p "$W"
export HOME=$W/home XDG_CACHE_HOME=$W/cache XDG_CONFIG_HOME=$W/config GIT_CONFIG_NOSYSTEM=1 NO_COLOR=1
mkdir -p "$HOME"
printf '[user]\n\tname = bench\n\temail = bench@example.invalid\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n' > "$HOME/.gitconfig"
python3 benches/run.py "$BIN" "$W"
exec python3 benches/jobs.py "$BIN"
