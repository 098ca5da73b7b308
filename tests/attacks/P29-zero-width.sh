# P29 A second folder of the same look
# A zero-width blank in `gen` makes another folder that nobody can tell from the allowed one.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	mkdir -p "src/$(printf 'g\342\200\213en')"
	echo evil > "src/$(printf 'g\342\200\213en')/keep"
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main "src/$(printf 'g\342\200\213en')/keep"; }
