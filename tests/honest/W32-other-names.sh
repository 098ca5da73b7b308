# W32 A person whose name is not ASCII
# Author and committer, in letters and in an emoji.

set_up() { git config user.name '李小龙 Ødegård 🦀'; }

work() {
	good
	git commit -qam 'Make it good'
}

build() { good; }

holds() { plainly log -1 --format=%cn main | grep -q Ødegård; }
