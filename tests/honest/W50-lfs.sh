# W50 Content under Git LFS
# The check reads the content, and a Builder's new content is stored as a pointer, with no program of Git LFS here.

set_up() {
	echo 'src/*.txt filter=lfs diff=lfs merge=lfs -text' > .gitattributes
	echo 'grep -q good src/allowed.txt && ! grep -q ^version src/allowed.txt' > tests/check.sh
	git add -A
	git commit -qm 'Large files'
}

# What `git lfs clean` would have staged.
work() {
	sum=$(printf 'good\n' | sha256sum | cut -c-64)
	mkdir -p ".git/lfs/objects/$(echo "$sum" | cut -c-2)/$(echo "$sum" | cut -c3-4)"
	printf 'good\n' > ".git/lfs/objects/$(echo "$sum" | cut -c-2)/$(echo "$sum" | cut -c3-4)/$sum"
	printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 5\n' "$sum" > src/allowed.txt
	git commit -qam 'Make it good'
}

build() { good; }

holds() {
	on_main src/allowed.txt | grep -q '^oid sha256:'
	[ -z "$(git status --porcelain)" ]
}
