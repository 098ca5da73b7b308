# P60 A new file with a name that only looks like another
# One of its letters is of another alphabet.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	git config core.quotePath false
}

attack() {
	good
	echo x > "$(printf 'src/gen/p\320\260y.js')"
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main "$(printf 'src/gen/p\320\260y.js')"; }
