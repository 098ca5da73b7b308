# H11 A cherry-pick
# The payload is committed on a side branch without hooks; `git cherry-pick` runs neither pre-commit nor commit-msg.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	here=$(git symbolic-ref --short HEAD)
	git checkout -q -b side
	git commit -q --allow-empty --no-verify -m 'Another parent, so that the picked commit is another one'
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	git checkout -q "$here"
	git cherry-pick side || git cherry-pick --abort
}

landed() { on_main src/other.txt | grep -q evil; }
