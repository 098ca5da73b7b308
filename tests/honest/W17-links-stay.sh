# W17 Links of the base stay
# Symbolic links that nobody touches are nobody's mistake, inside of the scope or outside.

set_up() {
	ln -s keep src/gen/link
	ln -s nowhere dangling
	git add -A
	git commit -qm 'Links'
}

work() {
	good
	git add -A
	git commit -qm 'Make it good'
}

build() { good; }

holds() { [ "$(mode_on_main src/gen/link)" = 120000 ]; }
