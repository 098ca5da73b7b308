# P12 Names that are no text, or look like options and patterns
# Bytes that are not UTF-8, and a name that git reads as a pattern.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > "src/gen/$(printf '\377\376')"
	echo evil > 'src/gen/*'
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main 'src/gen/*'; }
