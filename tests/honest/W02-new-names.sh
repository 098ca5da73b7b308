# W02 New files with names of many languages
# Letters of any script, blanks, dots at the beginning.

files() {
	mkdir -p 'src/gen/文档' 'src/gen/a b'
	for name in größe.txt '文档/说明.md' 'a b/c d.e.f' .hidden 'naïve café.txt' 'Ελλάδα' 'com10' 'con-trol.txt'; do
		echo text > "src/gen/$name"
	done
	good
}

work() {
	files
	git add -A
	git commit -qm 'Größe'
}

build() { files; }

holds() { on_main 'src/gen/文档/说明.md' | grep -q text; }
