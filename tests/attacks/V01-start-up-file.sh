# V01 A start-up file of the test runner
# In the scope lies a file that the test runner reads by itself; it ends the run with success before any test.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	echo 'exit 0' > src/gen/conftest.py
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
