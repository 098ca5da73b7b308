# H68 Handed in in the middle of a rebase
# The rebase stops at a conflict, and the file is handed in with the markers.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { conflicting_sides; }

attack() {
	git rebase side > "$T/stopped" 2>&1
	handed_in env GIT_EDITOR=true git rebase --continue
}

landed() { markers_landed; }
