# P23 A file that fills history
# Twenty megabytes in an allowed folder stay in every clone for good.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	dd if=/dev/zero of=src/gen/large bs=1048576 count=20 2>/dev/null
	git add -A
	git commit -qm 'Fine work'
}

landed() { plainly cat-file -e main:src/gen/large; }
