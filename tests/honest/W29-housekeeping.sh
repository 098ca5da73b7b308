# W29 Housekeeping in the middle of a task
# Everything is packed anew, references too.

work() {
	git gc -q
	good
	git add -A
	git repack -qad
	git pack-refs --all
	git commit -qm 'Make it good'
	git gc -q --prune=now
	git commit-graph write --reachable
	git fsck --strict
}
