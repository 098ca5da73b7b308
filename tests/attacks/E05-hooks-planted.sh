# E05 Hooks that run when we land
# post-commit, post-checkout, post-index-change and others are planted where our own git calls would find them.
#
# plain: lands
# naive: `git commit` of the Builder's work by whoever is trusted
# hooks: -
# strict: -
# shadow: no effect

naive() {
	attack
	git commit -qnam 'Fine work'
}

attack() {
	good
	mkdir -p .git/hooks
	for hook in post-commit post-checkout post-merge post-index-change reference-transaction post-rewrite; do
		marking_script ".git/hooks/$hook"
		if [ -d "$REPO/.git/hooks" ] && [ ! -e "$REPO/.git/hooks/$hook" ]; then
			cp ".git/hooks/$hook" "$REPO/.git/hooks/$hook"
		fi
	done
}

landed() { [ -e "$T/ran" ]; }
