# W48 A check that asks git
# A version by the last tag, the list of files, a clean tree, and what a generator would change.

set_up() {
	git tag -a v1.0 -m One
	cat > tests/check.sh <<'END'
set -e
git describe | grep -q '^v1.0'
test -z "$(git status --porcelain)"
git ls-files | xargs cat > /dev/null
git log --format=%s | grep -qx Begin
echo keep > src/gen/keep
git diff --exit-code
grep -q good src/allowed.txt
END
	git commit -qam 'A check that asks'
}

work() {
	good
	git commit -qam 'Make it good'
}

build() {
	git describe
	good
}
