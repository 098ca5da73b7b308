# P05 An allowed file becomes a link
# The path is allowed, and what it leads to is not.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo good > src/gen/target
	ln -sf gen/target src/allowed.txt
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/allowed.txt)" = 120000 ]; }
