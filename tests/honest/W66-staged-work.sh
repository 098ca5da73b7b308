# W66 What only the index holds is handed in
# A mode where files have none, and a file that was added against an ignore rule.

set_up() {
	echo 'true' > src/gen/run.sh
	printf '/out\n*.tmp\n' > .gitignore
	git add -A
	git commit -qm 'A script'
}

work() {
	good
	git config core.fileMode false
	git update-index --chmod=+x src/gen/run.sh
	echo text > src/gen/x.tmp
	git add -f src/gen/x.tmp
	git harness submit > "$T/submitted"
}

holds() { [ "$(mode_on_main src/gen/run.sh)" = 100755 ] && on_main src/gen/x.tmp; }
