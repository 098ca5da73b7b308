# W60 A submodule is removed
# The commit and its entry in .gitmodules go together.

set_up() {
	git init -q "$T/library"
	(cd "$T/library" && echo one > file && git add -A && git commit -qm 'One' && echo two > file && git commit -qam 'Two')
	git submodule --quiet add "$T/library" vendor/lib
	git -C vendor/lib checkout -q HEAD~1
	git add vendor/lib
	git commit -qm 'A library'
	files_are '["src/allowed.txt", "vendor/lib", ".gitmodules"]'
}

work() {
	good
	git rm -q -f vendor/lib
	git add -A
	git commit -qm 'Make it good'
}

build() {
	good
	rm -rf vendor/lib .gitmodules
}

holds() { ! on_main .gitmodules | grep -q lib && [ -z "$(mode_on_main vendor/lib)" ]; }
