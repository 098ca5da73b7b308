# E02 Many settings that run programs
# An external diff, a textconv, a pager, an editor, an ssh command, a signing program, an alias.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: no effect

attack() {
	marking_script "$T/evil"
	for key in diff.external core.pager core.editor core.sshCommand gpg.program diff.x.textconv diff.x.command \
		filter.x.clean filter.x.smudge filter.x.process merge.x.driver core.askPass credential.helper; do
		git config "$key" "$T/evil"
	done
	mkdir -p .git/info
	echo '* filter=x diff=x merge=x' > .git/info/attributes
	good
}

looks() { look_around; }

landed() { [ -e "$T/ran" ]; }
