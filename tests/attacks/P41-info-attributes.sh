# P41 Attributes of the git folder join two changes
# The same with `info/attributes`, which no commit holds.
#
# plain: lands
# naive: `git merge` in the repository
# hooks: -
# strict: -
# shadow: refused
# landlock: no effect
# overlay: no effect

naive() { joined_with_theirs; }

theirs() {
	(
		cd "$REPO" || exit
		mkdir -p .git/info
		echo 'theirs' > src/allowed.txt
		git -c core.hooksPath=/dev/null commit -qam 'Meanwhile'
		echo '* merge=union' > .git/info/attributes
	)
}

attack() {
	theirs
	good
}

landed() { on_main src/allowed.txt | grep -q theirs && on_main src/allowed.txt | grep -q good; }
