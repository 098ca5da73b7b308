# H67 Handed in in the middle of a revert
# The revert of an earlier commit stops at a conflict, and the file is handed in with the markers.
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
	git revert --no-edit side > "$T/stopped" 2>&1
	if [ "$MODE" = plain ]; then
		git add -A
		git commit -qm 'Fine work'
	else
		git harness submit
	fi
}

landed() { on_main src/allowed.txt | grep -q '^<<<<<<<'; }
