# S01 The card in the worktree is widened
# The card is a file like others; whoever reads it from the worktree believes the attacker.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	sed -i 's|"src/gen/\*\*"|"src/gen/**", "src/other.txt"|' .harness/tasks/t-1.md
	echo evil > src/other.txt
	git add src
	git commit -qm 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
