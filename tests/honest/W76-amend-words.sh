# W76 Every way of amending the task's commit
# In the same second; git tells no hook of most of them.

amended() {
	git commit -qa --amend "$@"
	[ "$(git rev-parse HEAD~1)" = "$BASE" ] &&
		git log -1 '--format=%(trailers)' | grep -q 'Harness-Task: t-1'
}

work() {
	good
	git commit -qam 'Make it god'
	amended -m 'Make it good'
	echo 1 > src/gen/more && git add -A && amended --no-edit
	echo 2 > src/gen/more && amended -m 'With more'
	echo 3 > src/gen/more && amended -C HEAD
	echo 4 > src/gen/more && amended -C HEAD~1
	echo 5 > src/gen/more && amended --reset-author -m 'Anew'
	echo 6 > src/gen/more && amended --date=2001-01-01T00:00:00 -m 'Long ago'
	echo 7 > src/gen/more && GIT_EDITOR=true amended
}

holds() { on_main src/gen/more | grep -q 7; }
