# M04 An answer into git's own folder
# A hook is a file like others to a careless tool, by its name or by one that some machines take for it.
#
# plain: lands
# naive: a tool that writes each block to the file that is named above it
# hooks: -
# strict: -
# shadow: refused

naive() { answer | write_files; }

answer() {
	cat <<-'EOF'
		.git/hooks/post-commit
		```
		evil
		```
		.GIT/hooks/post-checkout
		```
		evil
		```
		src/allowed.txt
		```
		good
		```
	EOF
}

landed() { grep -qs evil "$REPO/.git/hooks/post-commit" || on_main .GIT/hooks/post-checkout; }
