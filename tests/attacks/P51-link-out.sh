# P51 A link that the card names leads out of the repository
# It goes up further than it is deep.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	files_are '["src/allowed.txt", "src/gen/**", "src/gen/link"]'
}

attack() {
	good
	ln -s ../../../secret src/gen/link
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/link)" = 120000 ]; }
