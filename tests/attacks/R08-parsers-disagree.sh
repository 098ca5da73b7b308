# R08 A trailer that only some readers see
# A blank before the colon, small letters, a folded line, a line in the body: git's own readers do not agree on them.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: no effect

attack() {
	good
	git add -A
	git commit -q -F - <<-'EOF'
		Fine work

		harness-task: t-2

		HARNESS-TASK : t-2
		Harness-Evidence:
		  all
	EOF
}

landed() { plainly log -1 --format=%B main | grep -i 'harness-task' | grep -q 't-2'; }
