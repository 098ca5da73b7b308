# R60 A block that adopts a task nobody ever built
# No record tells what it would have changed. It is somebody's word, and is told as that.
#
# plain: lands
# hooks: warned scope: adopted
# strict: warned scope: adopted
# shadow: no effect

attack() {
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F - <<-EOT
		Adopt t-2

		Harness-Adopts: t-2@$BASE
		Harness-Card: $(git rev-parse "$BASE:.harness/tasks/t-2.md" 2>/dev/null || git rev-parse "$BASE:.harness/tasks/t-1.md")
	EOT
}

landed() { plainly log -1 --format=%B main | grep -q Harness-Adopts; }
