# W15 Empty files
# A file without a byte is a file.

work() {
	good
	: > src/gen/empty
	: > src/gen/keep
	git add -A
	git commit -qm 'Empty'
}

build() {
	good
	: > src/gen/empty
	: > src/gen/keep
}

holds() { [ "$(on_main src/gen/empty | wc -c)" -eq 0 ]; }
