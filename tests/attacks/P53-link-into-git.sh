# P53 A link leads into the folder of git
# What is written through it configures git.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	files_are '["src/allowed.txt", "src/gen/**", "src/gen/link"]'
}

attack() {
	good
	ln -s ../../.GIT/hooks src/gen/link
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen/link)" = 120000 ]; }
