# W06 A folder becomes a file, and another a folder again
# The same the other way round.

set_up() {
	mkdir src/gen/many
	echo 1 > src/gen/many/one
	echo 2 > src/gen/many/two
	git add -A
	git commit -qm 'Many'
}

work() {
	good
	git rm -rq src/gen/many
	echo joined > src/gen/many
	git add -A
	git commit -qm 'Join many'
}

build() {
	good
	rm -r src/gen/many
	echo joined > src/gen/many
}

holds() { on_main src/gen/many | grep -q joined; }
