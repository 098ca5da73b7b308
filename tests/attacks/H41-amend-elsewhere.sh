# H41 An amend that git does not announce brings something else
# In the same second `commit -m` and `commit --amend -m` are one to every hook before the commit is there.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	echo payload > src/other.txt
	git commit -qanm 'Better words' --amend
}

landed() { on_main src/other.txt | grep -q payload; }
