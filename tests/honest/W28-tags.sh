# W28 Tags, light and annotated
# They move no branch.

work() {
	git tag before
	good
	git commit -qam 'Make it good'
	git tag -a v1 -m 'Version 1'
	git tag -d before > "$T/deleted"
}
