# R76 Words about a landing in an encoding that hides them
# Git shows them to people as what they are; a reader of bytes sees nothing.
#
# plain: lands
# hooks: found scope: message
# strict: found scope: message
# shadow: no effect

# Git decodes a commit as a whole, and a `+` in its dates would be none of this encoding.
attack() {
	GIT_AUTHOR_DATE="$(date +%s) -0100"
	GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
	printf 'Fine\n\n+AEg-arness-Adopts: t-2+AEA-%s\n+AEg-arness-Card: %s\n' "$BASE" "$BASE" > "$T/words" 2>/dev/null
	git -c core.hooksPath=/dev/null -c i18n.commitEncoding=UTF-7 commit -q --allow-empty -F "$T/words"
}

landed() { plainly log -1 --format=%B main | grep -q '^Harness-Adopts: t-2@'; }
