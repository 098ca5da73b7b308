# H66 Handed in in the middle of a cherry-pick
# The pick stops at a conflict, and the file is handed in with the markers.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { conflicting_sides; }

attack() {
	git cherry-pick side > "$T/stopped" 2>&1
	handed_in git commit -qm 'Fine work'
}

landed() { markers_landed; }
