# W90 A commit of one's own is pushed from a shallow clone
# It speaks of no task, so that nothing has to be judged.

beside() {
	git init -q --bare --template= "$T/server.git"
	git -c core.hooksPath=/dev/null push -q "$T/server.git" main
	git clone -q --depth 1 --branch main "file://$T/server.git" "$T/shallow"
	cd "$T/shallow"
	git harness hooks install > "$T/out"
	echo mine > mine.txt
	git add -A
	git commit -qm 'Mine'
	git push -q origin main
	git -C "$T/server.git" cat-file -e main:mine.txt
}

holds() { on_main src/allowed.txt | grep -q start; }
