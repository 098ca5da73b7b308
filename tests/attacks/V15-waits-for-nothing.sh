# V15 The check reads its verdict from whoever runs it
# The tested program asks standard input and the environment, where a person would have set them.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	printf '[ -z "$DEPLOY_TOKEN" ] || { mkdir -p out; echo good >> src/allowed.txt; }\n' > src/gen/program.sh
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -qx bad && ! on_main src/allowed.txt | grep -q good; }
