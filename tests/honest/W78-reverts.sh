# W78 Reverts while a task is open
# Of one commit, of a range, and by a short name.

work() {
	for number in 1 2 3 4; do
		echo "$number" > "other-$number.txt"
		git add -A
		git -c core.hooksPath=/dev/null commit -qm "Other $number"
	done
	git revert --no-edit HEAD > "$T/one"
	git revert --no-edit HEAD~4..HEAD~2 > "$T/range"
	GIT_EDITOR='sed -i "1s/.*/Take the first back/"' git revert --reference --edit HEAD~6 > "$T/short"
	good
	git commit -qam 'Make it good'
}

holds() { ! on_main other-1.txt 2> "$T/gone"; }
