# W74 A message in another encoding
# `i18n.commitEncoding` says which.

work() {
	good
	printf 'Gr\374\337e\n' > "$T/message"
	git config i18n.commitEncoding ISO-8859-1
	git commit -qaF "$T/message"
	[ "$(git log -1 --encoding=UTF-8 --format=%s)" = 'Grüße' ]
}
