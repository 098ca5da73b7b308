# W68 A glob with alternatives
# It means the same whoever hands the work in.

set_up() { files_are '["src/allowed.txt", "lib/*.{js,ts}", "deep/**/x?.txt"]'; }

build() {
	good
	mkdir -p lib deep/a/b
	echo 1 > lib/a.js
	echo 1 > lib/b.ts
	echo 1 > deep/a/b/x1.txt
}

work() {
	build
	git harness submit > "$T/submitted"
}

holds() { on_main lib/a.js && on_main lib/b.ts && on_main deep/a/b/x1.txt; }
