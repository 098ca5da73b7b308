# H69 Handed in in the middle of git am
# A patch of a mail stops at a conflict, and the file is handed in with the markers.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { conflicting_sides; }

attack() {
	git format-patch -1 --stdout side | git am -3 > "$T/stopped" 2>&1
	handed_in git am --continue
}

landed() { markers_landed; }
