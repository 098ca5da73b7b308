# P54 A folder that tools are configured by becomes a link
# What lies behind it is protected by no pattern, and the next card may change it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	files_are '["src/allowed.txt", "src/gen/**", "src/gen/.cargo"]'
}

attack() {
	good
	ln -s ../gen src/gen/.cargo
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/.cargo)" = 120000 ]; }
