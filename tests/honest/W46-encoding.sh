# W46 Another encoding in the worktree
# A new file in UTF-16, as its attributes say, is stored as UTF-8.

set_up() {
	echo '*.rc text working-tree-encoding=UTF-16LE-BOM' > .gitattributes
	git add -A
	git commit -qm 'Encodings'
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

build() {
	good
	printf '\377\376h\000i\000\n\000' > src/gen/a.rc
}

holds() {
	on_main src/gen/a.rc | grep -qx hi
	[ -z "$(git status --porcelain)" ]
}
