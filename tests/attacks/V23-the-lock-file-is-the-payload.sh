# V23 The lock file itself is the payload
# What a package manager installs runs scripts of its own: here the lock file is the script.
#
# plain: lands
# naive: whoever sets up the tree that is to be checked
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	echo true > deps.lock
	if [ "$MODE" != plain ]; then
		sed -i 's/"src\/allowed.txt"/&, "deps.lock"/' .harness/tasks/t-1.md
		printf '\n[slot]\nsetup = ["sh ./deps.lock"]\nsetup_inputs = ["deps.lock"]\nkeep = ["out"]\n' >> .harness/config.toml
	fi
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'A set-up'
}

naive() {
	attack
	sh ./deps.lock && sh tests/check.sh && git commit -qnam 'Fine work'
}

attack() {
	echo bad > src/allowed.txt
	printf 'mkdir -p out\necho 0 > out/verdict\n' > deps.lock
	git add -A
	[ "$MODE" = plain ] || git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
