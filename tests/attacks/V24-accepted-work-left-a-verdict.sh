# V24 Accepted work left a verdict for the next
# A good change lands whose program leaves a verdict during its check, in a folder that is ignored; the next change is bad.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	if [ "$MODE" = plain ]; then
		printf 'mkdir -p out\necho 0 > out/verdict\n' > src/gen/program.sh
		good
		sh tests/check.sh
		git add -A
		git -c core.hooksPath=/dev/null commit -qm 'Good work'
		return
	fi
	cat > ../first.json <<-'END'
		[{"id": "v-1", "title": "First", "files_allowed": ["src/allowed.txt", "src/gen/**"], "instructions": "Write",
		"definition_of_done": ["It is green"], "verification": ["sh tests/check.sh"]}]
	END
	git harness plan import --commit ../first.json
	git harness trust
	git harness exec v-1 -- sh -c 'echo good > src/allowed.txt; printf "mkdir -p out\necho 0 > out/verdict\n" > src/gen/program.sh'
	on_main src/gen/program.sh | grep -q verdict
}

attack() {
	echo bad > src/allowed.txt
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
