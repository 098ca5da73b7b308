# V11 A second commit on the first one's evidence
# The first commit is verified and closes the task; another follows at once, before anybody looks. It is nobody's landing.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	echo bad > src/allowed.txt
	git commit -qanm 'More fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
