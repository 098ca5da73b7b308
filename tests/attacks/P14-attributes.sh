# P14 Attributes in an allowed folder
# `.gitattributes` below an allowed folder hides files from diffs, from archives, and from merges.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo '* -diff merge=ours export-ignore linguist-generated' > src/gen/.gitattributes
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/.gitattributes; }
