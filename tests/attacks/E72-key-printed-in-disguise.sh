# E72 A key that is printed in disguise
# What the Builder prints is kept and shown: the key of this machine is in it in five ways that anybody can undo.
#
# plain: lands
# hooks: -
# strict: -
# shadow: no effect

TOKEN=token-of-this-machine

disguised() {
	printf %s "$TOKEN" | base32 -w 0 && echo
	printf %s "$TOKEN" | od -An -v -tx1 | tr -d ' \n' && echo
	printf %s "$TOKEN" | base64 -w 0 && echo
	echo "$TOKEN" | tr 'A-Za-z' 'N-ZA-Mn-za-m'
	echo "$TOKEN" | sed 's/./& /g'
}

attack() {
	good
	disguised
	disguised >&2
}

looks() {
	if [ "$MODE" = plain ]; then cat "$T/said"; else
		look_around
		git-harness log --json
		git-harness show t-1 --json
		grep -rhaF -e "$(disguised)" "$(git rev-parse --git-common-dir)/harness" "$HOME/../cache" 2>/dev/null
	fi
	true
}

landed() {
	disguised > "$T/lines"
	cat "$T/said" "$T/seen" | grep -qF -f "$T/lines"
}
