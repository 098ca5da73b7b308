# W56 Names with brackets, braces and stars
# A file that a card names exactly is that file, also one that is protected, and one that is new in such a folder.

set_up() {
	mkdir -p 'app/[id]' app/i '{{name}}'
	echo page > 'app/[id]/page.tsx'
	echo page > app/i/page.tsx
	echo '{}' > 'app/[id]/package.json'
	echo x > '{{name}}/{{name}}.fish'
	echo x > 'star*.txt'
	git add -A
	git commit -qm 'Routes'
	files_are '["src/allowed.txt", "app/[id]/page.tsx", "app/[id]/package.json", "app/[id]/new.tsx", "{{name}}/{{name}}.fish", "star*.txt", "app/[[]id]/escaped.tsx"]'
}

build() {
	good
	for file in 'app/[id]/page.tsx' 'app/[id]/package.json' 'app/[id]/new.tsx' '{{name}}/{{name}}.fish' 'star*.txt' 'app/[id]/escaped.tsx'; do
		echo more >> "$file"
	done
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() {
	for file in 'app/[id]/page.tsx' 'app/[id]/package.json' 'app/[id]/new.tsx' '{{name}}/{{name}}.fish' 'star*.txt' 'app/[id]/escaped.tsx'; do
		on_main "$file" | grep -q more || return 1
	done
}
