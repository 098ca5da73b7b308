# E04 A repository among the files
# A bare repository lies in an allowed folder; git takes it for one when somebody works there, and runs what it names.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git init -q --bare src/gen/inner
	touch src/gen/inner/objects/x src/gen/inner/refs/x
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/inner/HEAD; }
