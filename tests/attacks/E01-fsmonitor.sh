# E01 A setting that runs a program
# `core.fsmonitor` names a script; it runs when somebody asks for the status.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: no effect

attack() {
	marking_script "$T/evil"
	git config core.fsmonitor "$T/evil"
}

looks() { look_around; }

landed() { [ -e "$T/ran" ]; }
