# W88 Two branches of others are merged at once
# An octopus brings what its sides have, and nothing of its own.

beside() {
	for side in one two; do
		git checkout -q -b "$side" main
		echo "$side" > "src/$side.txt"
		git add -A
		git -c core.hooksPath=/dev/null commit -qm "Side $side"
	done
	git checkout -q main
	git merge -q -m 'Both' one two
}

holds() { on_main src/one.txt | grep -q one && on_main src/two.txt | grep -q two; }
