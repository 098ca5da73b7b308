# W63 Names that differ by case alone were there before
# A new file beside them makes nothing worse.

set_up() {
	mkdir -p Lib lib
	echo 1 > Lib/a
	echo 1 > lib/b
	echo 1 > lib/README
	echo 1 > lib/readme
	git add -A
	git commit -qm 'Folders'
	files_are '["src/allowed.txt", "lib/c", "Lib/d"]'
}

build() {
	good
	echo 1 > lib/c
	echo 1 > Lib/d
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() { on_main lib/c && on_main Lib/d; }
