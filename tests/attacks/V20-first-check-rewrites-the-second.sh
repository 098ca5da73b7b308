# V20 The first check rewrites what the second one runs
# A build step sources a file that the card allows; it replaces the test script in the folder where both checks run.
#
# plain: lands
# naive: whoever runs one check after the other in one folder
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	printf 'if [ -f src/gen/part.sh ]; then . ./src/gen/part.sh; fi\n' > build.sh
	[ "$MODE" = plain ] || sed -i 's/"sh tests.check.sh"/"sh build.sh", &/' .harness/tasks/t-1.md
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'A build step'
}

naive() {
	attack
	sh build.sh && sh tests/check.sh && git checkout -q tests && git commit -qnam 'Fine work'
}

attack() {
	echo bad > src/allowed.txt
	echo 'echo exit 0 > tests/check.sh' > src/gen/part.sh
	git add -A
	[ "$MODE" = plain ] || git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
