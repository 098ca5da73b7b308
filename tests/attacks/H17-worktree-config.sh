# H17 A setting of this worktree alone
# `extensions.worktreeConfig` hides core.hooksPath in a file that few look at.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	git config extensions.worktreeConfig true
	git config --worktree core.hooksPath /dev/null
	echo evil > src/other.txt
	git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
