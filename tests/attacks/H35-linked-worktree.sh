# H35 A second worktree
# Another worktree of the same repository has no open task; the payload is committed there and fetched back.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused
# landlock: no effect

attack() {
	git worktree add -q -b side "$T/second" &&
		(cd "$T/second" && echo evil > src/other.txt && git commit -q --no-verify -am 'Fine work')
	git merge -q side
}

landed() { on_main src/other.txt | grep -q evil; }
