# P52 A link leads out by way of another
# Each looks harmless: the other one was there, and makes `..` another folder.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	ln -s .. src/gen/up
	git add -A
	git commit -qnm 'A link that was there'
	files_are '["src/allowed.txt", "src/gen/**", "src/gen/link"]'
}

attack() {
	good
	ln -s up/../../secret src/gen/link
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/link)" = 120000 ]; }
