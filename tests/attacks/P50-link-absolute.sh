# P50 A link that the card names leads to the machine
# Whoever reads it in a build reads what is not in the repository.
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
	ln -s /etc/passwd src/gen/link
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/link)" = 120000 ]; }
