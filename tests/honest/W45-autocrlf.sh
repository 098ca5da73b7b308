# W45 The setting that turns carriage returns into line feeds
# `core.autocrlf` of the clone acts on a Builder's work as it does on one's own.

set_up() { git config core.autocrlf input; }

work() {
	build
	git commit -qam 'Make it good'
}

build() { printf 'good\r\n' > src/allowed.txt; }

holds() {
	on_main src/allowed.txt | grep -qx good
	[ -z "$(git status --porcelain)" ]
}
