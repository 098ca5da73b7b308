# E10 Through the objects that the view borrows
# The view's repository borrows the real one's objects; the path leads to the real repository, whose settings are changed.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: no effect

naive() {
	marking_script "$T/evil"
	git config core.fsmonitor "$T/evil"
	git status
}

attack() {
	good
	marking_script "$T/evil"
	objects=$(cat .git/objects/info/alternates)
	git --git-dir="${objects%/objects}" config core.fsmonitor "$T/evil"
}

looks() { [ "$MODE" = plain ] || look_around; }

landed() { [ -e "$T/ran" ]; }
