# P24 A set-user-id bit
# Git stores two modes only; whatever else a file has is not to come along.
#
# plain: lands
# naive: `cp -p` of the Builder's files, which keeps every bit
# hooks: -
# strict: -
# shadow: no effect

naive() {
	good
	chmod 6755 src/allowed.txt
	cp -p src/allowed.txt "$T/copied"
}

attack() {
	good
	chmod 6755 src/allowed.txt
}

landed() {
	if [ "$MODE" = plain ]; then [ -u "$T/copied" ]; else [ -u "$REPO/src/allowed.txt" ]; fi
}
