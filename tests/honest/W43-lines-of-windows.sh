# W43 Text that lies there with carriage returns
# The work is written as the attributes have it, and stored with line feeds; nothing is modified afterwards.

set_up() {
	echo 'src/*.txt text eol=crlf' > .gitattributes
	git add -A
	git commit -qm 'Line ends'
	rm src/allowed.txt
	git checkout -q -- src/allowed.txt
}

work() {
	build
	git commit -qam 'Make it good'
}

build() { printf 'good\r\nmore\r\n' > src/allowed.txt; }

holds() {
	on_main src/allowed.txt | grep -q more && ! on_main src/allowed.txt | grep -q "$(printf '\r')"
	git add --renormalize .
	[ -z "$(git status --porcelain)" ]
}
