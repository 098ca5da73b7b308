# P05 An allowed file becomes a link
# The path is allowed by its name, and what it leads to lies outside of the repository. (One that stays inside is taken: W59.)
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() { echo good > "$T/target"; }

attack() {
	ln -sf "../../$(basename "$T")/target" src/allowed.txt
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/allowed.txt)" = 120000 ]; }
