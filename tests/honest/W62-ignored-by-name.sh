# W62 A file that the card names is ignored
# By the rules of the tree, the clone's own, or a name in an ignored folder: it is part of the work all the same.

set_up() {
	printf '/out\ngen/\n*.log\n' > .gitignore
	git add -A
	git commit -qm 'Rules'
	files_are '["src/allowed.txt", "gen/deep/x.json", "a.log"]'
	mkdir -p .git/info
	echo a.log >> .git/info/exclude
}

build() {
	good
	mkdir -p gen/deep
	echo '{}' > gen/deep/x.json
	echo '{}' > gen/deep/y.json
	echo text > a.log
}

work() {
	build
	git harness submit > "$T/submitted"
}

holds() { on_main gen/deep/x.json && on_main a.log && ! on_main gen/deep/y.json; }
