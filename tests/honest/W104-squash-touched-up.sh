# W104 A squash that the maintainer touched up
# No message names the task, and no content does. A person says so, and the checks run on it.
#
# lands: nothing

work() {
	git checkout -q -b feature
	good
	git harness submit > "$T/submitted"
	git checkout -q main
	printf 'good\nand better\n' > src/allowed.txt
	git commit -qam 'Bring it in (#1)'
	git harness adopt t-1 HEAD --yes > "$T/adopted"
	git harness verify --landed t-1 > "$T/verified"
	git harness status > "$T/status"
	grep -q 't-1 *complete' "$T/status"
}

holds() { on_main src/allowed.txt | grep -q better; }
