# P76 A check in somebody else's card
# A new card comes by a pull, and somebody tries its check.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() {
	attack
	"$T/evil"
}

attack() {
	marking_script "$T/evil"
	mkdir -p .harness
	mkdir -p .harness/tasks .harness/plans
	printf '+++\nid = "x-1"\ntitle = "X"\nplan = "x"\nfiles = ["src/x.txt"]\nverify = ["%s"]\n+++\n## Instructions\nWrite\n## Definition of done\n- It is there\n' "$T/evil" > .harness/tasks/x-1.md
	printf '+++\nid = "x"\ntitle = "X"\norder = ["x-1"]\n+++\n' > .harness/plans/x.md
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Tidy up'
}

looks() {
	[ "$MODE" = plain ] && return
	git harness verify x-1 < /dev/null
	git harness exec x-1 -- sh -c 'echo x > src/x.txt' < /dev/null
	git harness run --only x-1 < /dev/null
}

landed() { [ -e "$T/ran" ]; }
