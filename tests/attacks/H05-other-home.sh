# H05 Another person's settings
# A global configuration of the attacker's own names an empty hooks folder.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	mkdir -p "$T/empty"
	printf '[user]\n\tname = Ann\n\temail = ann@example.invalid\n[core]\n\thooksPath = %s\n' "$T/empty" > "$T/settings"
	echo evil > src/other.txt
	GIT_CONFIG_GLOBAL="$T/settings" git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
