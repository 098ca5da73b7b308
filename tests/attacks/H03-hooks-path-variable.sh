# H03 The environment moves the hooks
# `GIT_CONFIG_COUNT` and its keys set core.hooksPath without a trace in any file.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	echo evil > src/other.txt
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
