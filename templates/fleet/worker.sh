#!/bin/sh
# One machine of a fleet: works on the plan of a branch together with all others, until nobody has anything left to do.
# Copy to ci/harness-worker.sh; the files beside it in templates/fleet start many of them. For clones that are thrown
# away: it makes the branch here what the server has.
#
#   FLEET_BRANCH   the branch that the plan's tasks land on (it may not be protected; land on one of its own and merge that)
#   FLEET_PLAN     only this plan
#   FLEET_JOBS     cards that this machine works on at a time (1)
#   FLEET_URL      clone this first, with the credentials of the machine's git; else the clone in this folder is used
#   FLEET_CONFIG   the text of the clone's own config.toml: models, keys by the names of their variables, who builds
#   FLEET_NAME, FLEET_EMAIL   who commits
set -eu
: "${FLEET_BRANCH:?name the branch that the tasks land on}"

if [ -n "${FLEET_URL:-}" ]; then
	git clone --quiet "$FLEET_URL" work
	cd work
fi
git config user.name "${FLEET_NAME:-git-harness fleet}"
git config user.email "${FLEET_EMAIL:-fleet@localhost}"
git fetch --quiet origin "+refs/heads/$FLEET_BRANCH:refs/remotes/origin/$FLEET_BRANCH"
git checkout --quiet --force -B "$FLEET_BRANCH" "refs/remotes/origin/$FLEET_BRANCH"

if [ -n "${FLEET_CONFIG:-}" ]; then
	# For this clone alone: whoever else works on this machine keeps their own.
	(
		umask 077
		mkdir -p "$(git rev-parse --git-common-dir)/harness"
		printf '%s\n' "$FLEET_CONFIG" > "$(git rev-parse --git-common-dir)/harness/config.toml"
	)
fi
# Whoever started the fleet on this branch has agreed to what the branch runs.
git-harness trust

# A scheduler that takes the machine away says TERM first; then claims are given back, and nothing is lost.
# shellcheck disable=SC2086 # an empty plan is no argument
git-harness run ${FLEET_PLAN:-} --onto "$FLEET_BRANCH" --remote origin --wait --jobs "${FLEET_JOBS:-1}" &
run=$!
trap 'kill -TERM "$run" 2>/dev/null || true' INT TERM
status=0
# A signal ends the wait, not what is waited for.
wait "$run" || status=$?
while kill -0 "$run" 2>/dev/null; do
	wait "$run" || status=$?
done
# 3: others had done everything.
[ "$status" -ne 3 ] || status=0
exit "$status"
