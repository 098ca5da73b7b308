# W108 A fresh clone tells the story
# Who built it, what it changed, what its checks said, what was noted.

work() {
	git harness note t-1 'Mind the zebra'
	good
	git harness submit > "$T/submitted"
	git clone -q --no-local . "$T/clone"
	git -C "$T/clone" harness show t-1 > "$T/story"
	grep -q 'Mind the zebra' "$T/story"
	grep -q 'passed' "$T/story"
	grep -q 'M src/allowed.txt' "$T/story"
	git -C "$T/clone" harness search zebra | grep -q zebra
	git -C "$T/clone" harness packet t-2 | grep -q zebra
	git -C "$T/clone" harness log t-1 | grep -q 'landed in'
}

holds() { on_main src/allowed.txt | grep -q good; }
