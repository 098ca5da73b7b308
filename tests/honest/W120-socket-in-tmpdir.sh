# W120 The tests start a server on a socket
# Browsers, databases and terminals put sockets with long names into the folder for temporary files.

build() {
	good
	cat > src/gen/program.sh <<'EOF'
[ ${#TMPDIR} -le 40 ] || { echo "$TMPDIR is long"; exit 1; }
python3 - <<'PY' || exit 1
import os, socket
place = os.path.join(os.path.realpath(os.environ["TMPDIR"]), "org.example.Browser.AbCdEf")
os.mkdir(place)
server = socket.socket(socket.AF_UNIX)
server.bind(os.path.join(place, "SingletonSocket-of-some-length"))
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect(server.getsockname())
PY
EOF
	# The Builder's own folder is as short.
	sh src/gen/program.sh
	# What fails in the program is seen by the check.
	echo 'good, tested' > src/allowed.txt
}

holds() { git log -1 --format=%s | grep -q 'Make it good'; }
