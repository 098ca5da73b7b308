# H24 The mark that a task is open is removed
# The hooks leave at once where no task is open; whoever may write to `.git` can take the mark away.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	rm -f .git/harness/open
	echo evil > src/other.txt
	git commit -qam 'Fine work' --no-verify
}

landed() { on_main src/other.txt | grep -q evil; }
