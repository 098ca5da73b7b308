# P04 A name that begins like an allowed one
# `src/allowed.txt.evil.sh` passes whoever compares beginnings.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > src/allowed.txt.evil.sh
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt.evil.sh; }
