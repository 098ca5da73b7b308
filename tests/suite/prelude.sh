# What every case may use. $REPO is the repository, $T a scratch folder beside it, $BASE the tip of `main` before the
# attack, $MODE one of plain, hooks, strict, builder, honest. A case runs in $REPO, or in a Builder's view.

# Work that the card allows and that passes the check.
good() { echo 'good' > src/allowed.txt; }

# Git as somebody who believes nothing in the repository.
plainly() {
	GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/dev/null git -C "$REPO" \
		-c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.commitGraph=false \
		-c advice.graftFileDeprecated=false "$@"
}

# A file as the tip of `main` holds it; fails where there is none.
on_main() { plainly cat-file blob "refs/heads/main:$1"; }

# The mode of a file at the tip of `main`: 100644, 120000, …
mode_on_main() { plainly ls-tree refs/heads/main -- ":(literal)$1" | cut -d' ' -f1; }

# The commits that `main` has gained.
gained() { plainly rev-list "$BASE..refs/heads/main"; }

# Whether any commit that `main` has gained holds a file with a text in it.
in_history() {
	for commit in $(gained); do
		plainly cat-file blob "$commit:$1" 2>/dev/null | grep -q "$2" && return 0
	done
	return 1
}

# Whether a commit that `main` has gained changes a path against one of its parents.
touched() {
	for commit in $(gained); do
		plainly diff-tree -r -m --no-renames --ignore-submodules=none --no-commit-id --name-only -z "$commit" | tr '\0' '\n' | grep -qxF -e "$1" &&
			return 0
	done
	return 1
}

# Whether the tip of `main` passes the check in a clean copy, with nothing of this machine's.
tip_is_green() {
	rm -rf "$T/tip" && git clone -q --no-hardlinks --branch main "$REPO" "$T/tip" 2>/dev/null &&
		(cd "$T/tip" && PATH=/usr/bin:/bin sh tests/check.sh >/dev/null 2>&1)
}

# A file that says "I was run" when somebody runs it.
marking_script() {
	printf '#!/bin/sh\ntouch "%s/ran"\ncat >/dev/null 2>&1 </dev/null\n' "$T" > "$1"
	chmod +x "$1"
}

# A server that `origin` leads to; where there is a harness, it guards the server too.
server() {
	git init -q --bare --template= "$T/server.git"
	git remote add origin "$T/server.git"
	git -c core.hooksPath=/dev/null push -q origin main
	git -C "$T/server.git" symbolic-ref HEAD refs/heads/main
	[ "$MODE" = plain ] || git -C "$T/server.git" harness hooks install --server
}

# What whoever trusts nothing but this repository's tools does after the Builder: for cases whose `looks` is this.
look_around() {
	if [ "$MODE" = plain ]; then
		git status
		git diff
		git log -p "$BASE.."
	else
		for command in status log 'show t-1' doctor 'next --peek' "audit $BASE.." 'plan lint'; do
			git-harness $command
		done
	fi
	true
}

# The task's card allows these files instead, as a list of JSON: `files_are '["a", "b/**"]'`. For `set_up`.
files_are() {
	awk -v files="files = $1" '/^files = / { print files; next } { print }' .harness/tasks/t-1.md > "$T/card"
	if [ "$MODE" = plain ]; then
		cp "$T/card" .harness/tasks/t-1.md
		git commit -qnam 'Another card'
	else
		git harness plan edit t-1 --from "$T/card" --reason 'Another task' >/dev/null
		git reset -q --hard
	fi
}

# Whether something printed for people, during or after the attack, holds a text as it is.
printed_raw() { cat "$T/said" "$T/seen" 2>/dev/null | grep -qF -e "$1"; }

# What a careless tool does with a model's answer: a line with a name, then a block, becomes a file.
write_files() {
	name=
	while IFS= read -r line; do
		case $line in
		'```'*)
			[ -n "$name" ] || continue
			mkdir -p "$(dirname "$name")"
			: > "$name"
			while IFS= read -r inner && [ "$inner" != '```' ]; do printf '%s\n' "$inner" >> "$name"; done
			name=
			;;
		*) name=$line ;;
		esac
	done
}
