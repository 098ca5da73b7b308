# W38 A commit is taken back and made again
# `git reset --soft`, as people do before they say it better.

work() {
	good
	git commit -qam 'Make it god'
	git reset -q --soft HEAD~1
	git commit -qm 'Make it good'
}
