# H22 Objects that are only borrowed
# The payload's objects lie in another store, to which `.git/objects/info/alternates` leads; when that store goes, so do
# they, and whoever audits later sees nothing.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: no effect

attack() {
	git clone -q . "$T/store" && cd "$T/store" || return
	echo evil > src/other.txt
	git commit -qam 'Fine work'
	commit=$(git rev-parse HEAD)
	cd "$OLDPWD" || return
	echo "$T/store/.git/objects" >> .git/objects/info/alternates
	git update-ref HEAD "$commit"
}

landed() { on_main src/other.txt | grep -q evil; }
