# P70 A card of one's own blesses what others put beside it
# A Builder arrives by a pull; then its reader imports an unrelated card and runs.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() { attack && "$T/evil"; }

attack() { builder_arrives; }

looks() {
	[ "$MODE" = plain ] && return
	printf '[{"id": "o-1", "title": "Own", "files_allowed": ["src/own.txt"], "instructions": "Write", "definition_of_done": ["It is there"], "verification": ["true"]}]' > "$T/own.json"
	git harness plan import "$T/own.json" --commit < /dev/null
	git harness run --only o-1 < /dev/null
}

landed() { evil_ran; }
