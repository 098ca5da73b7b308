# H65 Handed in in the middle of a merge
# The merge stops at a conflict, and the file is handed in as it lies there, with the markers.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { conflicting_sides; }

attack() {
	git merge side > "$T/stopped" 2>&1
	handed_in git commit -qm 'Fine work'
}

landed() { markers_landed; }
