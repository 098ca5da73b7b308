# W107 A landing is picked onto a release branch
# There its checks run on the tree that is there.

work() {
	git branch release
	good
	git harness submit > "$T/submitted"
	landing=$(git rev-parse HEAD)
	git checkout -q release
	echo theirs > src/other.txt
	git commit -qam 'Of a colleague'
	git cherry-pick "$landing" > "$T/picked"
	git harness verify --landed --onto release > "$T/verified"
	git harness audit --strength scope "$BASE..release" > "$T/audited"
	git checkout -q main
}

holds() { on_main src/allowed.txt | grep -q good; }
