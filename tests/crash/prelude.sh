# Words that the scenes use. $H is the program, $W the folder that holds home and scripts, $R the one that holds the repository.
begin() { # a repository with an identity, two files, and answers for a replay Builder
	git init -q -b main
	git config --global user.name Ann && git config --global user.email ann@example.invalid
	printf '/out\n' > .gitignore
	mkdir -p .harness && echo base > a.txt && echo base > b.txt
	printf '[roles]\nbuilder = "recorded"\narchitect = "%s"\n[builders.recorded]\nkind = "replay"\ndir = "%s/answers"\n' "${1:-manual}" "$W" > .harness/config.toml
	printf '%s\n' "$CONFIG" >> .harness/config.toml
	git add -A && git commit -qm Begin
}
answer() { # task, number, file, line
	mkdir -p "$W/answers/$1"
	printf '%s\n```\n%s\n```\n\n- Wrote %s\n' "$3" "$4" "$4" > "$W/answers/$1/$2.md"
}
card() { # id, file, check, more keys
	printf '{"id": "%s", "title": "Do %s", "files_allowed": ["%s"], "instructions": "Do it", "definition_of_done": ["done"], "verification": ["%s"]%s}' "$1" "$1" "$2" "$3" "${4:+, $4}"
}
plan() { # cards
	printf '[%s]' "$1" > "$W/plan.json"
	"$H" plan import --commit "$W/plan.json" > /dev/null && "$H" trust > /dev/null
}
right() { # task, file: the right answer for whichever attempt asks
	for number in 1 2 3 4 5 6; do answer "$1" "$number" "$2" "$1"; done
}
state() { # task, state
	"$H" status --json | tr -d ' \n' | grep -q "{\"id\":\"$1\",\"state\":\"$2\"" || { echo "$1 is not $2"; "$H" status; return 1; }
}
complete() { state "$1" complete; }

# Somebody goes on with something else, with no task open.
later() {
	echo later > later.txt && git add later.txt && git commit -qm 'Something else' -- later.txt || return 1
	"$H" note p-1 'done with it' > /dev/null
}
