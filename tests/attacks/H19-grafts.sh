# H19 A graft hides a commit
# `.git/info/grafts` gives the tip another parent; `rev-list` then never comes past the payload.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: no effect

attack() {
	first=$(git rev-parse HEAD)
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Payload'
	git checkout -q "$first" -- src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	mkdir -p .git/info
	echo "$(git rev-parse HEAD) $first" > .git/info/grafts
}

landed() { in_history src/other.txt evil && [ -s "$REPO/.git/info/grafts" ]; }
