# W03 An allowed file is deleted
# Deleting is a change like others.

work() {
	good
	git rm -q src/gen/keep
	git commit -qam 'Remove what nobody needs'
}

build() {
	good
	rm -r src/gen
}

holds() { ! on_main src/gen/keep; }
