# W57 Names that some systems cannot have are there already
# An Office lock file, a stray home folder, a name with a colon and one from a bad archive: each may change, and go.

set_up() {
	mkdir -p '~'
	for name in '~$Budget.xlsx' '~/.bashrc' 'c:note' 'a\..\b.txt' '~script.py' 'gone:now'; do echo 1 > "$name"; done
	git add -A
	git commit -qm 'Odd names'
	files_are '["src/allowed.txt", "~$Budget.xlsx", "c:note", "a\\\\..\\\\b.txt", "gone:now"]'
}

build() {
	good
	for name in '~$Budget.xlsx' 'c:note' 'a\..\b.txt'; do echo more >> "$name"; done
	rm 'gone:now'
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() {
	for name in '~$Budget.xlsx' 'c:note' 'a\..\b.txt'; do on_main "$name" | grep -q more || return 1; done
	! on_main 'gone:now' && on_main '~/.bashrc' && on_main '~script.py'
}
