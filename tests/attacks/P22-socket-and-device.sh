# P22 A link that leads to a device
# Whoever reads it without a limit never comes to its end.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	ln -s /dev/zero src/gen/zero
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/zero)" = 120000 ]; }
