# W44 Text that git guesses
# `* text=auto`: mixed line ends are normalized, whoever writes them.

set_up() {
	echo '* text=auto' > .gitattributes
	git add -A
	git commit -qm 'Line ends'
}

work() {
	build
	git commit -qam 'Make it good'
}

build() { printf 'good\r\nmore\n' > src/allowed.txt; }

holds() {
	on_main src/allowed.txt | grep -qx good
	[ -z "$(git status --porcelain)" ]
}
