# P07 Another repository inside of an allowed folder
# A gitlink stands where files should be; whoever clones with submodules gets what it names.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git init -q src/gen/sub
	(cd src/gen/sub && git commit -q --allow-empty -m 'Inside')
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/sub)" = 160000 ]; }
