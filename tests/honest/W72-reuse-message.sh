# W72 The message of an earlier commit is used again
# `-C` and `-c` say to a hook what `--amend` says.

work() {
	good
	git add -A
	git commit -qC HEAD~1
	[ "$(git rev-parse HEAD~1)" = "$BASE" ]
}
