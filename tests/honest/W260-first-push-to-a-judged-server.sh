# W260 The first push to a server that audits
# A project with commits from before and after the harness came in arrives at an empty repository.

set_up() {
	git init -q --bare --template= "$T/server.git"
	git remote add origin "$T/server.git"
	git -C "$T/server.git" symbolic-ref HEAD refs/heads/main
	git -C "$T/server.git" harness hooks install --server > "$T/served"
}

work() {
	good
	git commit -qam 'Make it good'
	git push -q origin main
}

holds() { git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
