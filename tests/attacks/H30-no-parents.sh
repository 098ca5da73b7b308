# H30 A branch without its past
# The branch is moved to a commit that has no parent, so that no commit of it differs from anything.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	echo evil > src/other.txt
	git add -A
	git update-ref HEAD "$(git commit-tree -m 'Fine work' "$(git write-tree)")"
}

landed() { on_main src/other.txt | grep -q evil; }
