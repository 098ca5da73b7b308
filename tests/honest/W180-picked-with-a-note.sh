# W180 Landings are picked onto a release branch with -x, and it comes back
# The note that git writes below the trailers leaves them a block.

work() {
	git branch release
	good
	git commit -qam 'Make it good'
	git checkout -q release
	git cherry-pick -x main > "$T/picked"
	git harness audit --strength scope main..release > "$T/audited"
	git checkout -q main
	git merge -q --no-ff --no-edit release
}

holds() { on_main src/allowed.txt | grep -q good; }
