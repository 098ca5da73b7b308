# S07 The configuration is changed with the work
# `.harness/config.toml` says who builds and what is checked.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	mkdir -p .harness
	printf 'format = 1\n[audit]\nunrecorded = "allow"\n' > .harness/config.toml
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main .harness/config.toml | grep -q unrecorded; }
