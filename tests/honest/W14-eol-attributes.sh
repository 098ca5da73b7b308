# W14 Attributes for line ends
# Text is stored with line feeds and lies there with carriage returns.

set_up() {
	echo '*.txt text eol=crlf' > .gitattributes
	git add -A
	git commit -qm 'Line ends'
	rm src/allowed.txt
	git checkout -q -- src/allowed.txt
}

work() {
	printf 'good\r\n' > src/allowed.txt
	git commit -qam 'Make it good'
}

build() { printf 'good\n' > src/allowed.txt; }

holds() { on_main src/allowed.txt | grep -qx good; }
