# P15 An ignore file in an allowed folder
# `.gitignore` below an allowed folder hides what lies there from every later `git status` and `git add`.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo '*' > src/gen/.gitignore
	git add -fA
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/.gitignore; }
