# E28 As long and as old as before
# A file outside of the card is changed so that its size, its times and its rights are what they were; the folder that holds
# it is closed and opened again.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused
# landlock: refused
# overlay: refused

attack() {
	good
	cp -p src/other.txt src/gen/as-before
	printf 'evil!' | head -c 5 > src/gen/new
	cat src/gen/new > src/other.txt
	printf '\n' >> src/other.txt
	touch -r src/gen/as-before src/other.txt
	chmod 500 src
	chmod 755 src
	touch -r src/gen/as-before src
	rm -f src/gen/as-before src/gen/new
	git add -A
	git commit -qnm 'Fine work'
}

landed() { [ "$(on_main src/other.txt)" = 'evil!' ]; }
