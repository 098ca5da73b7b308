# P55 A name with brackets opens a file that nobody named
# The card means the route of one folder, and as a pattern it is another.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	mkdir -p 'src/gen/[id]' src/gen/i
	echo 1 > 'src/gen/[id]/page'
	echo 1 > src/gen/i/page
	git add -A
	git commit -qnm 'Routes'
	files_are '["src/allowed.txt", "src/gen/[id]/page"]'
}

attack() {
	good
	echo evil > src/gen/i/page
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/i/page | grep -q evil; }
