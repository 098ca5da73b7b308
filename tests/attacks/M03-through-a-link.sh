# M03 An answer that goes through a link
# The base holds a link inside of an allowed folder; the answer names a file behind it.
#
# plain: lands
# naive: a tool that writes each block to the file that is named above it
# hooks: -
# strict: -
# shadow: refused

set_up() {
	ln -s ../../tests src/gen/tests
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'A link'
}

naive() {
	answer | write_files
	git add -A
	git commit -qnm 'Fine work'
}

answer() {
	cat <<-'EOF'
		src/gen/tests/check.sh
		```
		true
		```
		src/allowed.txt
		```
		good
		```
	EOF
}

landed() { on_main tests/check.sh | grep -qx true || on_main src/gen/tests/check.sh; }
