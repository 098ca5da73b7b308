# Makes the world that cases begin in. $0 is its kind.
set -e
kind=$0
cat > home/.gitconfig <<'EOF'
[user]
	name = Ann
	email = ann@example.invalid
[init]
	defaultBranch = main
[commit]
	gpgSign = false
[advice]
	detachedHead = false
[protocol "file"]
	allow = always
EOF

git init -q --template= repo
cd repo
mkdir -p src/gen tests .git/hooks .git/info
echo 'start' > src/allowed.txt
echo 'other' > src/other.txt
echo 'keep' > src/gen/keep
echo '# Instructions' > AGENTS.md
echo 'all: ; sh tests/check.sh' > Makefile
echo '/out' > .gitignore
# The check: it reads a start-up file by itself, believes an earlier verdict, and runs the program that it tests, as
# test runners do.
cat > tests/check.sh <<'EOF'
if [ -f src/gen/conftest.py ]; then . ./src/gen/conftest.py; fi
if [ -f out/verdict ]; then exit "$(cat out/verdict)"; fi
if [ -f src/gen/program.sh ]; then sh src/gen/program.sh; fi
grep -q good src/allowed.txt
EOF
git add -A
git commit -qm 'Begin'

# The cards: t-1 is what the work is about; t-2 waits for it.
if [ "$kind" = plain ]; then
	mkdir -p .harness/tasks
	printf '+++\nid = "t-1"\nfiles = ["src/allowed.txt", "src/gen/**"]\n+++\n' > .harness/tasks/t-1.md
	git add -A
	git commit -qm 'Set up'
else
	git harness init >/dev/null
	case $kind in
	strict) printf '\n[hooks]\nguard = "strict"\n' >> .harness/config.toml ;;
	honest) printf '\n[audit]\nunrecorded = "allow"\n' >> .harness/config.toml ;;
	esac
	git add -A
	git commit -qm 'Set up'
	cat > ../plan.json <<'EOF'
[
	{
		"id": "t-1",
		"title": "Make it good",
		"files_allowed": ["src/allowed.txt", "src/gen/**"],
		"instructions": "Write good into src/allowed.txt",
		"definition_of_done": ["The check is green"],
		"verification": ["sh tests/check.sh"]
	},
	{
		"id": "t-2",
		"title": "Change the other file",
		"dependencies": ["t-1"],
		"files_allowed": ["src/other.txt"],
		"instructions": "Change src/other.txt",
		"definition_of_done": ["It is changed"],
		"verification": ["true"]
	}
]
EOF
	git harness plan import --commit ../plan.json
	git harness hooks install
fi

if [ "$kind" = plain ]; then
	# A pre-commit hook as projects write them: the card's list from the worktree, prefixes, the checks in the worktree.
	cat > .git/hooks/pre-commit <<'EOF'
#!/bin/sh
for path in $(git diff --cached --name-only); do
	case $path in
	src/allowed.txt* | src/gen/*) ;;
	*)
		grep '^files = ' .harness/tasks/t-1.md | grep -qF "\"$path\"" || {
			echo "naive: $path is not allowed"
			exit 1
		}
		;;
	esac
done
sh tests/check.sh
EOF
	chmod +x .git/hooks/pre-commit
fi
