# W13 Lines that end as on Windows
# Files in the repository have carriage returns, and keep them.

set_up() {
	printf 'start\r\nmore\r\n' > src/allowed.txt
	git commit -qam 'Windows'
}

work() {
	printf 'good\r\nmore\r\n' > src/allowed.txt
	git commit -qam 'Make it good'
}

build() { printf 'good\r\nmore\r\n' > src/allowed.txt; }

holds() { on_main src/allowed.txt | grep -q "$(printf 'more\r')"; }
