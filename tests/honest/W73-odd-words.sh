# W73 A message that looks like an option of git
# Nothing looks at the command line.

work() {
	good
	git commit -qam '--amp: raise the level'
	[ "$(git rev-parse HEAD~1)" = "$BASE" ]
}
