# V10 The command that verifies comes with the work
# Verification runs `make`, and what that means is written in the tree that is verified.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	echo 'all: ; true' > Makefile
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main Makefile | grep -q '; true'; }
