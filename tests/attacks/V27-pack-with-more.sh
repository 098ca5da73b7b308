# V27 A pack that brings more than its ref reaches
# A push made by hand: the pack holds payload and undoing too, which no ref leads to, and the branch moves to a revert of them.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

set_up() { server; }

packet() { printf '%04x%s' $((${#1} + 4 + ${2:-0})) "$1"; }

attack() {
	index=$T/index
	GIT_INDEX_FILE=$index git read-tree HEAD
	GIT_INDEX_FILE=$index git update-index --cacheinfo "100644,$(echo evil | git hash-object -w --stdin),src/other.txt"
	payload=$(GIT_INDEX_FILE=$index git write-tree)
	with=$(git commit-tree "$payload" -p HEAD -m 'With')
	without=$(git commit-tree 'HEAD^{tree}' -p "$with" -m 'Without')
	back=$(printf 'Revert "Without"\n\nThis reverts commit %s.\n' "$without" | git commit-tree "$payload" -p HEAD)
	old=$(git -C "$T/server.git" rev-parse main)
	{
		packet "$old $back refs/heads/main" 15
		printf '\000 report-status'
		printf 0000
		printf '%s\n' "$back" "$without" "^$old" | git pack-objects --revs --stdout -q
	} > "$T/push"
	git receive-pack "$T/server.git" < "$T/push" > "$T/answer" 2>&1
	tr -d '\000' < "$T/answer"
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
