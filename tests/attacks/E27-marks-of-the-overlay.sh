# E27 Marks of the overlay made by hand
# A deletion, an opaque folder and a redirection are what the kernel writes into the layer of a Builder's changes; whoever
# reads that layer for the changes must not believe those that the Builder wrote itself.
#
# plain: lands
# hooks: -
# strict: -
# shadow: refused
# landlock: refused
# overlay: refused

attack() {
	good
	for mark in opaque redirect metacopy whiteout impure origin; do
		setfattr -n "user.overlay.$mark" -v y src src/gen src/other.txt 2>/dev/null
		python3 -c "import os, sys
for path in 'src', 'src/gen', 'src/other.txt':
    try: os.setxattr(path, 'user.overlay.$mark', b'y')
    except OSError: pass" 2>/dev/null
	done
	rm -f src/gen/keep
	mknod src/gen/keep c 0 0 2>/dev/null
	mknod src/.wh.other.txt c 0 0 2>/dev/null
	rm -f src/gen/keep src/.wh.other.txt
	echo keep > src/gen/keep
	echo evil > src/other.txt
	git add -A
	git commit -qnm 'Fine work'
}

landed() { [ "$(on_main src/other.txt)" = evil ]; }
