# W05 A file becomes a folder
# The path that was a file has files below it now.

work() {
	good
	rm src/gen/keep
	mkdir src/gen/keep
	echo one > src/gen/keep/one
	git add -A
	git commit -qm 'Split keep'
}

build() {
	good
	rm src/gen/keep
	mkdir src/gen/keep
	echo one > src/gen/keep/one
}

holds() { on_main src/gen/keep/one | grep -q one; }
