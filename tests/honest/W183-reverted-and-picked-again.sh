# W183 A landing is reverted, and picked once more
# It is the same work by the same row, and nothing else stands for it any more.

work() {
	good
	git harness submit > "$T/submitted"
	landing=$(git rev-parse HEAD)
	git revert --no-edit HEAD > "$T/reverted"
	git cherry-pick "$landing" > "$T/picked"
}

holds() { on_main src/allowed.txt | grep -q good; }
