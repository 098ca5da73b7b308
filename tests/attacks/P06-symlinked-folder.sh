# P06 An allowed folder leads somewhere else
# `src/gen` becomes a link to `tests`; what is written below it lands on the check itself.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	rm -r src/gen
	ln -s ../tests src/gen
	echo true > src/gen/check.sh
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main tests/check.sh | grep -qx true || [ "$(mode_on_main src/gen)" = 120000 ]; }
