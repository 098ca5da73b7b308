# R59 A block that adopts what is not there
# The task was rolled back, and its record tells what it had changed.
#
# plain: lands
# hooks: found scope: evidence
# strict: found scope: evidence
# shadow: no effect

say() {
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F - <<-EOT
		Adopt t-1

		Harness-Adopts: t-1@$BASE
		Harness-Card: $(git rev-parse "$BASE:.harness/tasks/t-1.md")
	EOT
}

attack() {
	good
	git harness submit >/dev/null
	git harness rollback t-1 >/dev/null
	say
}

naive() { say; }

landed() { plainly log -1 --format=%B main | grep -q Harness-Adopts; }
