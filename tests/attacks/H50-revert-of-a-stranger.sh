# H50 A revert of a commit that never was on the branch
# A commit that only a tag holds takes a payload away; its revert brings the payload in, and says so in git's own words.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused
# landlock: no effect
# overlay: no effect

attack() {
	index=$T/index
	GIT_INDEX_FILE=$index git read-tree HEAD
	GIT_INDEX_FILE=$index git update-index --cacheinfo "100644,$(echo evil | git hash-object -w --stdin),src/other.txt"
	with=$(git commit-tree "$(GIT_INDEX_FILE=$index git write-tree)" -p HEAD -m 'With')
	without=$(git commit-tree 'HEAD^{tree}' -p "$with" -m 'Without')
	git tag aside "$without"
	git revert --no-edit "$without"
}

landed() { on_main src/other.txt | grep -q evil; }
