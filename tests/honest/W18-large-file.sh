# W18 A large file below the limit
# Five megabytes.

work() {
	good
	dd if=/dev/zero of=src/gen/large bs=1048576 count=5 2>/dev/null
	git add -A
	git commit -qm 'A large file'
}

build() {
	good
	dd if=/dev/zero of=src/gen/large bs=1048576 count=5 2>/dev/null
}

holds() { plainly cat-file -e main:src/gen/large; }
