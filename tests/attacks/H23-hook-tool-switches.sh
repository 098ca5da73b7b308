# H23 Switches of hook tools
# `HUSKY=0`, `SKIP` and an alias with `--no-verify` switch other tools' hooks off.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	export HUSKY=0 LEFTHOOK=0 SKIP=all PRE_COMMIT_ALLOW_NO_CONFIG=1 GIT_HARNESS=0 HARNESS_SKIP=1 NO_HARNESS=1
	git config alias.ci 'commit --no-verify'
	good
	echo evil > src/other.txt
	git add -A
	git ci -qm 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
