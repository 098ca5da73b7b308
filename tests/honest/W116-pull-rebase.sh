# W116 What others pushed is pulled before the task is handed in
# `git pull --rebase` between start and submit, with a commit of one's own to bring along; then everything is pushed.

work() {
	server
	git clone -q "$T/server.git" "$T/ann"
	(cd "$T/ann" && echo theirs > src/other.txt && git commit -qam 'Theirs' && git push -q origin main)
	good
	git stash -q
	git pull -q --rebase origin main
	git stash pop -q
	git harness submit
	git push -q origin main
}

holds() {
	on_main src/other.txt | grep -q theirs
	[ -z "$(git status --porcelain)" ]
	[ "$(git rev-parse main)" = "$(git -C "$T/server.git" rev-parse main)" ]
}
