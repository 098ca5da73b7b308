# P40 Attributes that nobody committed join two changes
# Somebody else changes the same line meanwhile. Attributes that lie in the worktree say that both are kept.
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
		echo 'theirs' > src/allowed.txt
		git -c core.hooksPath=/dev/null commit -qam 'Meanwhile'
		echo '* merge=union' > .gitattributes
	)
}

attack() {
	theirs
	good
}

landed() { on_main src/allowed.txt | grep -q theirs && on_main src/allowed.txt | grep -q good; }
