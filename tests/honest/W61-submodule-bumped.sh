# W61 A submodule's commit moves
# In the worktree by the index alone; by a Builder with a repository in its folder whose HEAD names a commit that is here.

set_up() {
	# A folder that a Builder sees in every tier.
	mkdir -p "$HOME/seen"
	git init -q "$T/library"
	(cd "$T/library" && echo one > file && git add -A && git commit -qm 'One' && echo two > file && git commit -qam 'Two')
	git submodule --quiet add "$T/library" vendor/lib
	git -C vendor/lib checkout -q HEAD~1
	git add vendor/lib
	git commit -qm 'A library'
	files_are '["src/allowed.txt", "vendor/lib"]'
	git -C "$T/library" rev-parse HEAD > "$HOME/seen/two"
}

work() {
	good
	git update-index --cacheinfo "160000,$(cat "$HOME/seen/two"),vendor/lib"
	git add src
	git harness submit > "$T/submitted"
	git -C vendor/lib checkout -q "$(cat "$HOME/seen/two")"
}

build() {
	good
	mkdir -p vendor/lib/.git
	cat "$HOME/seen/two" > vendor/lib/.git/HEAD
}

holds() { plainly ls-tree main vendor/lib | grep -q "$(cat "$HOME/seen/two")"; }
