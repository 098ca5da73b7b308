# H111 Built before the lane forbade it
# A program's change waits while the lane becomes one in which a person builds; then somebody agrees to it.
#
# plain: lands
# naive: a name in the message counts as agreement
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { gates_are '["review"]'; }

naive() { by_word_of_mouth; }

attack() {
	given_back
	built 'good and evil'
	printf 'ai = "advise"\n' >> .harness/config.toml
	git commit -qnam 'People build'
	git harness trust
	approve_as Bob t-1
	git harness run --only t-1
}

landed() { evil_landed; }
