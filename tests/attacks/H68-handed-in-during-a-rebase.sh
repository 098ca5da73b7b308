# H68 Handed in in the middle of a rebase
# The rebase stops at a conflict, and the file is handed in with the markers.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: -

set_up() {
	quietly="git -c core.hooksPath=/dev/null"
	$quietly checkout -qb side
	echo 'good side' > src/allowed.txt
	$quietly commit -qam 'Side'
	$quietly checkout -q main
	echo 'good main' > src/allowed.txt
	$quietly commit -qam 'Main'
}

attack() {
	git rebase side > "$T/stopped" 2>&1
	if [ "$MODE" = plain ]; then
		git add -A
		GIT_EDITOR=true git rebase --continue
	else
		git harness submit
	fi
}

landed() { on_main src/allowed.txt | grep -q '^<<<<<<<'; }
