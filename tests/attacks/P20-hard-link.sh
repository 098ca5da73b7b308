# P20 A hard link to a file outside
# An allowed file and one of a shared store are the same file; writing to one changes both.
#
# plain: lands
# hooks: -
# strict: -
# shadow: refused
# landlock: no effect
# overlay: no effect

set_up() {
	echo shared > "$T/store"
}

attack() {
	good
	ln "$T/store" src/gen/linked && git add -A && git commit -qm 'Fine work'
}

landed() { on_main src/gen/linked; }
