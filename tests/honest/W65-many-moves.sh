# W65 A folder moves, with as many files as one change may have
# A file that only moves counts once.

set_up() {
	mkdir -p old
	for number in 1 2 3 4; do echo "$number" > old/$number; done
	printf '\n[policy]\nmax_files = 5\n' >> .harness/config.toml
	git add -A
	git commit -qm 'Files'
	files_are '["src/allowed.txt", "old/*", "new/*"]'
}

build() {
	good
	mv old new
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() { on_main new/4 && ! on_main old/4; }
