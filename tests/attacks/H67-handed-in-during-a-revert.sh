# H67 Handed in in the middle of a revert
# The revert of an earlier commit stops at a conflict, and the file is handed in with the markers.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { conflicting_sides; }

attack() {
	git revert --no-edit side > "$T/stopped" 2>&1
	handed_in git commit -qm 'Fine work'
}

landed() { markers_landed; }
