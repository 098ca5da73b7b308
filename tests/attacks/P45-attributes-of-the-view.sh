# P45 Attributes that the card does not open
# The Builder writes attributes and leaves a file of the form that they would store as something else.
#
# plain: lands
# naive: a commit without the hook
# hooks: refused
# strict: refused
# shadow: refused

naive() {
	attack
	git -c core.hooksPath=/dev/null commit -qm 'Fine work'
}

attack() {
	good
	echo 'src/allowed.txt text eol=crlf working-tree-encoding=ISO-8859-1' > .gitattributes
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main .gitattributes; }
