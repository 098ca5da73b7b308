# H32 A clone that shares everything
# The payload is made in a nested clone, whose refs are then copied back as files.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: no effect

attack() {
	branch=$(git symbolic-ref HEAD)
	git clone -q . "$T/nested"
	(cd "$T/nested" && echo evil > src/other.txt && git commit -qam 'Fine work')
	cp -R "$T/nested/.git/objects/." .git/objects/
	cp "$T/nested/.git/$branch" ".git/$branch"
}

landed() { on_main src/other.txt | grep -q evil; }
