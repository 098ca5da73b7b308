# E26 A file of many gigabytes that holds nothing
# It costs its writer nothing and whoever reads it memory, time and disk.
#
# plain: lands
# naive: whoever stores what lies there, whatever its size
# hooks: -
# strict: -
# shadow: refused
# landlock: refused
# overlay: refused

# As much of it as can be tried everywhere.
naive() {
	good
	truncate -s 60M src/gen/huge
	git add -A
	git commit -q --no-verify -m 'Fine work'
}

attack() {
	good
	truncate -s 60G src/gen/huge
}

landed() { [ "$(plainly cat-file -s main:src/gen/huge)" -gt 50000000 ]; }
