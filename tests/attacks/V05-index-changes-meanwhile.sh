# V05 The index changes while the check runs
# The tested program stages other content under the check; the commit then holds what nobody verified.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: held back
# landlock: no effect
# overlay: no effect

attack() {
	good
	blob=$(echo bad | git hash-object -w --stdin)
	cat > src/gen/program.sh <<-EOF
		cd '$REPO' && GIT_DIR='$REPO/.git' GIT_INDEX_FILE='$REPO/.git/index' \
			git update-index --cacheinfo 100644,$blob,src/allowed.txt
		true
	EOF
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
