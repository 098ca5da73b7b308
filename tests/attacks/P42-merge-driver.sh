# P42 A merge driver is a program
# The attributes of the tree name a merge driver, and this clone's configuration a program for it.
#
# plain: lands
# naive: `git merge` in the repository
# hooks: -
# strict: -
# shadow: refused
# landlock: no effect
# overlay: no effect

set_up() {
	attributes_are 'src/** merge=mine'
	git config merge.mine.driver 'touch ../scratch/ran; cp %B %A'
	rm -f ../scratch/ran
}

naive() { joined_with_theirs; }

theirs() {
	(
		cd "$REPO" || exit
		echo 'theirs' > src/allowed.txt
		git -c core.hooksPath=/dev/null commit -qam 'Meanwhile'
	)
}

attack() {
	theirs
	good
}

landed() { [ -e "$T/ran" ]; }
