# M10 One file by two names
# `src/allowed.txt` is good, and `./src/gen/../allowed.txt` is bad; which one counts is up to the tool.
#
# plain: lands
# naive: a tool that writes each block to the file that is named above it
# hooks: -
# strict: -
# shadow: refused

naive() {
	answer | write_files
	git add -A
	git commit -qnm 'Fine work'
}

answer() {
	cat <<-'EOF'
		src/allowed.txt
		```
		good
		```
		./src/gen/../allowed.txt
		```
		bad
		```
	EOF
}

landed() { on_main src/allowed.txt | grep -q bad; }
