# P61 A link that the card names turns one that it does not
# The other one is fine as long as a folder is a folder.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	mkdir -p src/gen/a/b
	echo x > src/gen/a/b/x
	ln -s a/b/../../../other.txt src/gen/out
	git add -A
	git commit -qnm 'A link that stays inside'
	files_are '["src/allowed.txt", "src/gen/**", "src/gen/a/b"]'
}

attack() {
	good
	rm -r src/gen/a/b
	ln -s ../../../src src/gen/a/b
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/a/b)" = 120000 ]; }
