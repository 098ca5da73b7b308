# V08 Build output that says the tests passed
# What is ignored is never shown and never cleaned; the check believes the verdict that lies there.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	mkdir -p out
	echo 0 > out/verdict
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
