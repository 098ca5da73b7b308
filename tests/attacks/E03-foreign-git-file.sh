# E03 A `.git` that leads elsewhere
# The Builder's `.git` becomes a file that names a repository of its own, whose settings run a program.
#
# plain: lands
# naive: `git status` in the folder that the Builder left
# hooks: -
# strict: -
# shadow: no effect

naive() {
	attack
	git status
}

attack() {
	good
	marking_script "$T/evil"
	git init -q --bare "$T/own.git" && git -C "$T/own.git" config core.bare false
	git -C "$T/own.git" config core.fsmonitor "$T/evil"
	git -C "$T/own.git" config core.worktree "$PWD"
	mv .git "$T/moved"
	echo "gitdir: $T/own.git" > .git
	rm -f "$T/ran"
}

looks() { [ "$MODE" = plain ] || look_around; }

landed() { [ -e "$T/ran" ]; }
