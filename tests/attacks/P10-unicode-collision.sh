# P10 Two spellings of one name
# `café` composed and decomposed are one file on some machines.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo one > "src/gen/$(printf 'caf\303\251')"
	echo two > "src/gen/$(printf 'cafe\314\201')"
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main "src/gen/$(printf 'cafe\314\201')"; }
