# W115 A filter that is required, and works
# Files pass through a program on their way in and out, as with large file storage. After the landing nothing differs.

set_up() {
	git config filter.shout.clean 'tr a-z A-Z'
	git config filter.shout.smudge 'tr A-Z a-z'
	git config filter.shout.required true
	echo '*.quiet filter=shout' > .gitattributes
	echo first > src/gen/a.quiet
	git add -A
	git commit -qm 'A filter'
}

work() {
	good
	echo second > src/gen/a.quiet
	git harness submit
}

holds() {
	[ "$(on_main src/gen/a.quiet)" = SECOND ]
	[ -z "$(git status --porcelain)" ]
}
