# V04 A helper that is not committed
# A start-up file lies in the worktree only for as long as the check runs.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	git add -A
	echo 'exit 0' > src/gen/conftest.py
	git commit -qm 'Fine work'
	rm src/gen/conftest.py
}

landed() { on_main src/allowed.txt | grep -q bad; }
