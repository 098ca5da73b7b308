# M07 A check prints the environment
# The tested program prints every variable; what a check prints is kept and shown.
#
# plain: lands
# naive: the check in the environment of whoever commits, with its output kept
# hooks: no effect
# strict: no effect
# shadow: no effect

naive() {
	attack
	sh tests/check.sh > "$T/log"
}

attack() {
	good
	echo 'env; false' > src/gen/program.sh
	git add -A
	git commit -qm 'Fine work'
}

looks() {
	if [ "$MODE" = plain ]; then cat "$T/log"; else look_around; fi
}

landed() {
	printed_raw "DEPLOY_TOKEN=""token" || grep -rqs "DEPLOY_TOKEN=""token" "$REPO/.git/harness" "$REPO/.harness"
}
