# P25 A name that reads backwards
# A direction mark makes `gnp.exe` look like `exe.png`.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > "src/gen/$(printf 'photo\342\200\256gnp.sh')"
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main "src/gen/$(printf 'photo\342\200\256gnp.sh')"; }
