# Moves of the random sequences. Each gets a path and a number; what it tries may well fail.

# Puts something into the path, whatever stands in its way.
put() {
	mkdir -p "$(dirname "$1")"
	echo "payload $2" > "$1"
	git add -fA
} 2>/dev/null

quiet() { "$@" >/dev/null 2>&1; }

move_commit() {
	put "$1" "$2"
	good
	quiet git commit -am "Fine work $2"
}

move_commit_no_verify() {
	put "$1" "$2"
	quiet git commit -anm "Fine work $2"
}

move_commit_without_hooks() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Fine work $2"
}

move_amend_without_hooks() {
	put "$1" "$2"
	[ "$(git rev-parse HEAD)" = "$BASE" ] || quiet git -c core.hooksPath=/dev/null commit -a --amend --no-edit
}

move_delete() {
	quiet git rm -rf "$1"
	quiet git -c core.hooksPath=/dev/null commit -am "Tidy up $2"
}

move_link() {
	rm -rf "$1"
	mkdir -p "$(dirname "$1")"
	ln -s allowed.txt "$1"
	quiet git add -fA
	quiet git -c core.hooksPath=/dev/null commit -m "A link $2"
}

move_executable() {
	chmod +x "$1" 2>/dev/null
	quiet git add -fA
	quiet git commit -anm "Run $2"
}

move_plumbing() {
	put "$1" "$2"
	quiet git update-ref HEAD "$(git commit-tree -p HEAD -m "Fine work $2" "$(git write-tree)")"
}

move_evil_merge() {
	side=$(git commit-tree -p HEAD -m "Side $2" 'HEAD^{tree}')
	put "$1" "$2"
	quiet git update-ref HEAD "$(git commit-tree -p HEAD -p "$side" -m "Merge $2" "$(git write-tree)")"
}

move_side_branch() {
	here=$(git symbolic-ref --short HEAD)
	quiet git checkout -q -b "side-$2"
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Side $2"
	quiet git checkout -q -f "$here"
	quiet git merge --no-ff -m "Merge side $2" "side-$2"
}

move_false_landing() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Fine work $2

Harness-Task: t-1
Harness-Attempt: 1
Harness-Card: $(git rev-parse HEAD:.harness/tasks/t-1.md)
Harness-Evidence: $(git rev-parse 'HEAD^{tree}') 0123456789ab 1/1
Harness-Ledger: wabcdefghijk:$2 0123456789ab"
}

move_false_revert() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Revert \"Fine work\"

This reverts commit $(git rev-parse HEAD)."
}

move_false_revision() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Revise t-1

Harness-Revises: t-1"
}

move_false_approval() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Approve plan

Harness-Approves: plan 0123456789ab"
}

move_true_revert() { quiet git -c core.hooksPath=/dev/null revert --no-edit HEAD; }

move_detour() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Payload $2"
	quiet git -c core.hooksPath=/dev/null revert --no-edit HEAD
}

move_replace() {
	put "$1" "$2"
	quiet git -c core.hooksPath=/dev/null commit -am "Fine work $2"
	quiet git replace -f HEAD "$(git commit-tree -p HEAD~1 -m "Fine work $2" 'HEAD~1^{tree}')"
}

move_hooks_off() { quiet git config core.hooksPath /dev/null; }

move_mark_removed() { rm -f .git/harness/open; }

move_hide() {
	quiet git update-index --assume-unchanged "$1"
	quiet git update-index --skip-worktree tests/check.sh
}

move_widen_card() {
	sed -i 's|"src/gen/\*\*"|"**"|' .harness/tasks/t-1.md
	quiet git add -A
	[ $(($2 % 2)) = 0 ] || git checkout -q HEAD -- .harness
}

move_rename_in() {
	quiet git mv -f "$1" "src/gen/moved-$2"
	quiet git commit -anm "Move $2"
}

move_gitlink() {
	rm -rf "$1"
	quiet git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),$1"
	quiet git -c core.hooksPath=/dev/null commit -m "A library $2"
}

move_submit() {
	put "$1" "$2"
	good
	[ "$MODE" = builder ] || quiet git harness submit
}

move_octopus() {
	a=$(git commit-tree -p HEAD -m "A $2" 'HEAD^{tree}')
	put "$1" "$2"
	quiet git update-ref HEAD "$(git commit-tree -p HEAD -p "$a" -p "$a" -m "Merge $2" "$(git write-tree)")"
}

move_orphan() {
	put "$1" "$2"
	quiet git update-ref HEAD "$(git commit-tree -m "Anew $2" "$(git write-tree)")"
}
