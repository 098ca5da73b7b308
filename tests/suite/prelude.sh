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

# Git as somebody whose commits no hook looks at.
unhooked() { git -c core.hooksPath=/dev/null "$@"; }

# A branch `side` and `main` that change the allowed file each in its own way, so that joining them stops. For `set_up`.
conflicting_sides() {
	unhooked checkout -qb side
	echo 'good side' > src/allowed.txt
	unhooked commit -qam 'Side'
	unhooked checkout -q main
	echo 'good main' > src/allowed.txt
	unhooked commit -qam 'Main'
}

# Hands in what lies there after git has stopped: `handed_in GIT_COMMAND…` says how it is taken without a harness.
handed_in() {
	if [ "$MODE" = plain ]; then
		git add -A
		"$@"
	else
		git harness submit
	fi
}

# Whether the marks of a conflict are at the tip of `main`.
markers_landed() { on_main src/allowed.txt | grep -q '^<<<<<<<'; }

# What a careless tool does with work on a branch of its own: it joins it with what `theirs` did meanwhile. For `naive`.
joined_with_theirs() {
	git checkout -q -b mine
	good
	unhooked commit -qam 'Fine work'
	git checkout -q main
	theirs
	git merge -q --no-edit mine
}

# Attributes that a tree holds before the work begins: `attributes_are LINE`. For `set_up`.
attributes_are() {
	echo "$1" > .gitattributes
	git add -A
	git commit -qnm 'Attributes'
}

# The work as it should be, committed where it is not a Builder's.
good_work() {
	good
	if [ "$MODE" != builder ]; then
		git add -A
		git commit -qm 'Fine work'
	fi
}

# Lands the work and takes it off `main` again, to a branch that nobody merged; $block is what its message said.
block_of_work_aside() {
	good
	git commit -qam 'Fine work'
	block=$(git log -1 --format=%B)
	[ "$MODE" = plain ] && block='Harness-Task: t-1'
	git branch aside
	git reset -q --hard "$BASE"
}

# Whether the task counts as complete.
is_complete() {
	[ "$MODE" = plain ] && return 0
	(cd "$REPO" && git harness status --json) | tr -d ' \n' | grep -q '"id":"t-1","state":"complete"'
}

# What somebody does whose work is shared by `origin`: takes the card there, does it, lands it, and tells the others. For
# `looks`.
works_there() {
	git-harness release t-1
	git-harness start t-1 --remote origin
	good
	git-harness submit --remote origin
	git-harness sync origin
	git-harness doctor --remote origin
	true
}

# The lane of the cards has gates: `gates_are '["review"]'`. For `set_up`.
gates_are() {
	[ "$MODE" = plain ] && return
	printf '\n[lanes.throughput]\ngates = %s\n' "$1" >> .harness/config.toml
	git commit -qnam 'Somebody has to agree'
}

# A command as another person: `as Bob COMMAND…`.
as() {
	who=$1
	shift
	GIT_AUTHOR_NAME=$who GIT_AUTHOR_EMAIL=$who@example.invalid GIT_COMMITTER_NAME=$who \
		GIT_COMMITTER_EMAIL=$who@example.invalid "$@"
}

# The name of the change that waits, as `show` prints it.
change_of() { git harness show "$1" | sed -n 's/^  change  *//p'; }

# Agrees to what waits now: `approve_as Bob t-1 [--gate NAME]`. A program that knows no names for changes is not told one.
approve_as() {
	whose=$1
	shift
	as "$whose" git harness approve "$@" --of "$(change_of "$1")" </dev/null || as "$whose" git harness approve "$@" </dev/null
}

# Gives the open task back, so that it can be worked on in other ways.
given_back() { git harness release t-1 >/dev/null; }

# One attempt by a program that writes a line: `built 'good and evil'`.
built() { git harness exec t-1 -- sh -c "echo '$1' > src/allowed.txt"; }

# What a careless project does: somebody's name in the message is agreement.
by_word_of_mouth() {
	echo 'good and evil' > src/allowed.txt
	git commit -qnam "Fine work

Reviewed-by: Bob <Bob@example.invalid>"
}

# Whether the work that nobody agreed to is on `main`.
evil_landed() { on_main src/allowed.txt | grep -q evil; }

# A server that takes whatever somebody pushes who may push. For `set_up`.
open_server() {
	git init -q --bare --template= "$T/server.git"
	git remote add origin "$T/server.git"
	git -c core.hooksPath=/dev/null push -q origin main
	git -C "$T/server.git" symbolic-ref HEAD refs/heads/main
}

# What is done waits for a review, and the project is shared by such a server. For `set_up`.
reviewed_on_a_server() {
	gates_are '["review"]'
	open_server
}

# Another clone of the same server, of whoever may push there: `another_clone NAME`. It has what this one published.
another_clone() {
	git clone -q "$T/server.git" "$T/$1"
	(cd "$T/$1" && git harness init && git harness trust && git harness sync) >/dev/null 2>&1
}

# Takes in what others published, whatever it is called.
heard() { git harness sync || true; }

# Configuration that came by a pull and runs the script `$T/evil`: `arrives TEXT-WITH-%s [SED-SCRIPT]`. For `attack`.
arrives() {
	marking_script "$T/evil"
	mkdir -p .harness
	[ ! -f .harness/config.toml ] || sed -i "${2:-}" .harness/config.toml
	printf "$1" "$T/evil" >> .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Tidy up'
}
check_arrives() { arrives '\n[checks.evil]\nrun = "%s"\n' 's/^\[checks\]$/&\nalways = ["evil"]/'; }
set_up_arrives() { arrives '\n[slot]\nsetup = ["%s"]\n'; }
builder_arrives() { arrives '\n[builders.x]\nrun = ["%s"]\n' 's/= "manual"/= "x"/'; }

# Whether it ran.
evil_ran() { [ -e "$T/ran" ]; }
