# Moves of the honest sequences: ordinary work with git and the harness, in whatever order. Each gets a number that differs
# from move to move. A move that git or the harness refuses has done nothing; what they accept has to be right.
#
# Card s-N allows `work/N.txt` and asks for the line `done`; so a task is complete where that line stands.

quiet() { "$@" >/dev/null 2>&1; }

# The first card that somebody may take.
next_card() {
	git harness status --json 2>/dev/null | tr -d ' ",' |
		awk -F: '$1 == "id" { id = $2 } $1 == "state" && $2 == "ready" && id ~ /^s-/ { print id; exit }'
}

# Takes a card in this worktree and does its work; its number is in $card.
take() {
	card=$(next_card)
	[ -n "$card" ] || return 1
	quiet git harness start "$card" || return 1
	do_work "$card"
}

do_work() {
	mkdir -p work
	printf 'begun\ndone\n' > "work/${1#s-}.txt"
}

# Nothing half done is left for the next move: an operation ends, a task is given back, files are as committed.
settle() {
	quiet git rebase --abort
	quiet git merge --abort
	quiet git cherry-pick --abort
	quiet git revert --abort
	[ -e .git/harness/open ] && quiet git harness release "$(cat .git/harness/open)"
	quiet git reset -q --hard
	quiet git clean -qfd
	quiet git checkout -q main
}

# A landing on main, by its commit, that is complete now: the one that the number draws.
landed_one() {
	set -- "$1" $(git log --first-parent --format='%H %s' "$BASE..main" --grep '^Harness-Task: s-' | sed 's/ .*//')
	number=$1
	shift
	[ $# -gt 0 ] || return 1
	shift $((number % $#))
	echo "$1"
}

move_commit() { take && quiet git add -A && quiet git commit -m "Do $card"; }

move_commit_all() { take && quiet git add -N . && quiet git commit -am "Do $card"; }

move_commit_editor() {
	take && quiet git add -A &&
		GIT_EDITOR="sed -i '1s/^/Do it in an editor/'" quiet git commit
}

move_commit_file() { take && quiet git add -A && echo "Do $card" > "$T/said-$1" && quiet git commit -F "$T/said-$1"; }

move_submit() { take && quiet git harness submit; }

move_exec() {
	card=$(next_card)
	[ -n "$card" ] &&
		quiet git harness exec "$card" -- sh -c "mkdir -p work; printf 'begun\ndone\n' > work/${card#s-}.txt"
}

move_apply() {
	card=$(next_card)
	[ -n "$card" ] || return 1
	printf 'work/%s.txt\n```\nbegun\ndone\n```\n' "${card#s-}" > "$T/answer-$1"
	quiet git harness apply "$card" "$T/answer-$1"
}

move_rollback() {
	commit=$(landed_one "$1") || return 1
	card=$(git log -1 --format='%(trailers:key=Harness-Task,valueonly)' "$commit" | head -n 1)
	quiet git harness rollback "$card"
}

move_person() {
	mkdir -p other
	echo "$1" > "other/$1.txt"
	quiet git add -A
	quiet git commit -m "Something else $1"
}

move_person_same_file() {
	[ -f src/other.txt ] || return 1
	echo "line $1" >> src/other.txt
	quiet git commit -am "One more line $1"
}

move_revert_landing() {
	commit=$(landed_one "$1") || return 1
	quiet git revert --no-edit "$commit"
}

move_revert_head() {
	[ "$(git rev-parse HEAD)" != "$BASE" ] || return 1
	if git rev-parse -q --verify HEAD^2 >/dev/null; then
		quiet git revert --no-edit -m 1 HEAD
	else
		quiet git revert --no-edit HEAD
	fi
}

move_revert_reference() {
	commit=$(landed_one "$1") || return 1
	GIT_EDITOR=: quiet git revert --reference --edit "$commit"
}

move_revert_range() {
	[ "$(git rev-list --first-parent --count "$BASE..HEAD")" -gt 2 ] || return 1
	git rev-parse -q --verify HEAD^2 >/dev/null && return 1
	git rev-parse -q --verify HEAD~1^2 >/dev/null && return 1
	quiet git revert --no-commit HEAD~2..HEAD && quiet git commit -m "Take back two commits"
}

move_amend_message() {
	[ "$(git rev-parse HEAD)" != "$BASE" ] || return 1
	quiet git commit --amend -m "In other words $1"
}

move_amend_same() {
	[ "$(git rev-parse HEAD)" != "$BASE" ] || return 1
	quiet git commit --amend --no-edit
}

move_amend_more() {
	card=$(git log -1 --format='%(trailers:key=Harness-Task,valueonly)' | head -n 1)
	case $card in s-*) ;; *) return 1 ;; esac
	[ -f "work/${card#s-}.txt" ] || return 1
	echo "more $1" >> "work/${card#s-}.txt"
	quiet git commit -a --amend --no-edit
}

move_reuse_message() {
	take || return 1
	quiet git add -A
	quiet git commit -C HEAD
}

# What goes into a commit afterwards belongs there: work of the card into a task's, and anything into a person's own. Other
# files in a task's commit, or anything in a revert, are what the audit is there to find.
move_fixup() {
	[ "$(git rev-list --count "$BASE..HEAD")" -gt 1 ] || return 1
	git log -1 --format=%B | grep -qi '^fixup!\|revert\|take back\|Harness-Verifies' && return 1
	card=$(git log -1 --format='%(trailers:key=Harness-Task,valueonly)' | head -n 1)
	case $card in
	s-*)
		[ -f "work/${card#s-}.txt" ] || return 1
		echo "fix $1" >> "work/${card#s-}.txt"
		;;
	*)
		git log -1 --format=%B | grep -q Harness- && return 1
		mkdir -p other
		echo "fix $1" > "other/fix-$1.txt"
		;;
	esac
	quiet git add -A
	quiet git commit --fixup HEAD
}

# A branch with landings of its own that comes back in one of the ways that people and forges have.
branch_off() {
	quiet git checkout -q -b "side-$1" && take || return 1
	quiet git add -A
	quiet git commit -m "Do $card on a branch"
	git log -1 --format=%B | grep -q "Harness-Task: $card"
}

move_branch_ff() { branch_off "$1" && quiet git checkout -q main && quiet git merge --ff-only "side-$1"; }

move_branch_merge() {
	branch_off "$1" && quiet git checkout -q main && move_person "$1" && quiet git merge --no-ff --no-edit "side-$1"
}

move_branch_merge_reverted() {
	move_branch_merge "$1" && quiet git revert --no-edit -m 1 HEAD
}

move_branch_rebase() {
	branch_off "$1" && quiet git checkout -q main && move_person "$1" && quiet git checkout -q "side-$1" &&
		quiet git rebase -q main && quiet git checkout -q main && quiet git merge --ff-only "side-$1"
}

move_branch_squash() {
	branch_off "$1" && quiet git checkout -q main && quiet git merge --squash "side-$1" && quiet git commit --no-edit
}

move_branch_squash_titled() {
	branch_off "$1" && quiet git checkout -q main && move_person "$1" && quiet git merge --squash "side-$1" &&
		quiet git commit -m "A title alone (#$1)"
}

move_branch_squash_reverted() {
	move_branch_squash "$1" && quiet git revert --no-edit HEAD
}

move_branch_cherry_pick() {
	branch_off "$1" && quiet git checkout -q main && move_person "$1" && quiet git cherry-pick "side-$1"
}

move_branch_octopus() {
	quiet git branch "one-$1" && quiet git checkout -q -b "two-$1" && move_person "$1-two" &&
		quiet git checkout -q "one-$1" && move_person "$1-one" && quiet git checkout -q main && move_person "$1" &&
		quiet git merge --no-edit "one-$1" "two-$1"
}

move_branch_forgotten() { branch_off "$1"; }

move_autosquash() {
	[ "$(git rev-list --count "$BASE..HEAD")" -gt 2 ] || return 1
	git rev-list --min-parents=2 "$BASE..HEAD" | grep -q . && return 1
	move_fixup "$1" && GIT_SEQUENCE_EDITOR=: quiet git rebase -q -i --autosquash "$BASE"
}

move_reword() {
	git rev-list --min-parents=2 "$BASE..HEAD" | grep -q . && return 1
	GIT_SEQUENCE_EDITOR="sed -i '1s/^pick/reword/'" GIT_EDITOR="sed -i '1s/\$/ (again)/'" quiet git rebase -q -i "$BASE"
}
