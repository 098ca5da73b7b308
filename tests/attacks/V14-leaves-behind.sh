# V14 The checked program leaves something behind for the next
# A refused attempt's program writes a verdict during the check, in the folder where the next attempt is checked.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	printf 'mkdir -p out\necho 0 > out/verdict\n' > src/gen/program.sh
	git add -A
	git commit -qm 'First try'
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
