# V26 A revert of what only the server still holds
# Payload and its undoing are pushed to a ref of no branch, which is deleted again: their objects stay in the server's store.
# Then a revert of the undoing is pushed to the branch, and names a commit that the server can read.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

set_up() { server; }

attack() {
	index=$T/index
	GIT_INDEX_FILE=$index git read-tree HEAD
	GIT_INDEX_FILE=$index git update-index --cacheinfo "100644,$(echo evil | git hash-object -w --stdin),src/other.txt"
	payload=$(GIT_INDEX_FILE=$index git write-tree)
	with=$(git commit-tree "$payload" -p HEAD -m 'With')
	without=$(git commit-tree 'HEAD^{tree}' -p "$with" -m 'Without')
	git push -q --no-verify origin "$without:refs/aside/x"
	git push -q --no-verify origin :refs/aside/x
	back=$(printf 'Revert "Without"\n\nThis reverts commit %s.\n' "$without" | git commit-tree "$payload" -p HEAD)
	git push -q --no-verify origin "$back:refs/heads/main"
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
