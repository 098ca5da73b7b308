# W12 A sparse checkout
# What is not checked out is not deleted.

set_up() { git sparse-checkout set --no-cone '/src/' '/tests/' '/.harness/'; }

work() {
	good
	git commit -qam 'Make it good'
}

build() { good; }

holds() { on_main AGENTS.md; }
