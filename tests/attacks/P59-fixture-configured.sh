# P59 A fixture of a repository gets a configuration
# Whoever runs git in that folder runs what it names.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	git init -q --bare --template= src/gen/x.git
	echo keep > src/gen/x.git/refs/keep
	echo keep > src/gen/x.git/objects/keep
	git add -A
	git commit -qnm 'A fixture'
}

attack() {
	good
	printf '[core]\n\tbare = true\n\tfsmonitor = evil\n' > src/gen/x.git/config
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/x.git/config | grep -q evil; }
