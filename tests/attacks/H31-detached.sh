# H31 HEAD is on no branch
# The commit is made where no branch is, and the branch moved to it afterwards.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	branch=$(git symbolic-ref HEAD)
	git checkout -q --detach
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	git push -q --no-verify . "HEAD:$branch"
	git symbolic-ref HEAD "$branch"
}

landed() { on_main src/other.txt | grep -q evil; }
