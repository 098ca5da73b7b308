"""Git servers on loopback, each for a folder of bare repositories: started, asked until they answer, and ended. For tests
only: anybody who reaches one may push.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
LIGHTTPD = """\
server.port = {port}
server.bind = "127.0.0.1"
server.document-root = "{served}"
server.errorlog = "{home}/error.log"
server.modules = ("mod_alias", "mod_setenv", "mod_cgi")
server.stream-request-body = 0
server.max-request-size = 1000000
alias.url = ( "/git" => "{backend}" )
cgi.assign = ( "" => "" )
setenv.set-environment = ( "GIT_PROJECT_ROOT" => "{served}", "GIT_HTTP_EXPORT_ALL" => "1", "REMOTE_USER" => "somebody" )
"""
NGINX = """\
daemon off;
pid {home}/pid;
error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_max_body_size 1g;
    client_body_temp_path {home}/body;
    fastcgi_temp_path {home}/fastcgi;
    proxy_temp_path {home}/proxy;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=128;
        location / {{
            fastcgi_pass unix:{home}/cgi;
            fastcgi_param SCRIPT_FILENAME {backend};
            fastcgi_param PATH_INFO $uri;
            fastcgi_param GIT_PROJECT_ROOT {served};
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param GIT_PROTOCOL $http_git_protocol;
            fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_param REMOTE_USER somebody;
        }}
    }}
}}
"""


def part_of_git(name):
    where = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    program = os.path.join(where, name)
    return program if os.access(program, os.X_OK) else None


def lacks(kind):
    """The program that a kind of server needs and this machine has not."""
    needs = {
        "file": [],
        "daemon": ["git-daemon"],
        "http": ["git-http-backend"],
        "nginx": ["git-http-backend", "nginx", "fcgiwrap"],
        "lighttpd": ["git-http-backend", "lighttpd"],
    }[kind]
    has = lambda name: part_of_git(name) if name.startswith("git-") else shutil.which(name, path=PLACES)
    return next((name for name in needs if not has(name)), None)


class Served:
    """One server, for the bare repositories below a folder."""

    def __init__(self, kind, served, home):
        self.kind, self.served, self.home, self.processes = kind, served, home, []
        os.makedirs(home)
        try:
            self.root = getattr(self, kind)()
            self.wait()
        except BaseException:
            self.close()
            raise

    def wait(self):
        """Until it answers."""
        first = next(name for name in os.listdir(self.served) if name.endswith(".git"))
        while subprocess.run(["git", "ls-remote", self.address(first)], capture_output=True).returncode:
            if any(process.poll() is not None for process in self.processes):
                sys.exit(f"{self.kind} ended: see {self.home}")
            time.sleep(0.05)

    def address(self, name):
        return f"{self.root}/{name}"

    def file(self):
        return self.served

    def daemon(self):
        port = self.port()
        self.start(
            "git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={self.served}",
            "--export-all", "--enable=receive-pack", "--max-connections=0", "--verbose",
        )
        return f"git://127.0.0.1:{port}"

    def http(self):
        note = f"{self.home}/port"
        self.start(sys.executable, f"{HERE}/smart_http.py", self.served, note)
        while not (os.path.exists(note) and os.path.getsize(note)):
            time.sleep(0.05)
        with open(note) as file:
            return f"http://127.0.0.1:{file.read()}"

    def nginx(self):
        port = self.configured(NGINX)
        self.start("fcgiwrap", "-c", "16", "-s", f"unix:{self.home}/cgi")
        while not os.path.exists(f"{self.home}/cgi"):
            time.sleep(0.05)
        # Its workers run as nobody else where it was started as root, and the socket and the repositories are ours.
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        self.start("nginx", "-p", self.home, "-c", f"{self.home}/configuration", *user)
        return f"http://127.0.0.1:{port}"

    def lighttpd(self):
        port = self.configured(LIGHTTPD)
        self.start("lighttpd", "-D", "-f", f"{self.home}/configuration", *self.modules())
        return f"http://127.0.0.1:{port}/git"

    def modules(self):
        """Beside the program, where it was not installed by its package."""
        beside = os.path.join(os.path.dirname(shutil.which("lighttpd", path=PLACES)), "..", "lib", "lighttpd")
        return ["-m", beside] if os.path.isdir(beside) else []

    def port(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            return free.getsockname()[1]

    def configured(self, text):
        port = self.port()
        backend = part_of_git("git-http-backend")
        with open(f"{self.home}/configuration", "w") as file:
            file.write(text.format(port=port, served=self.served, home=self.home, backend=backend))
        return port

    def start(self, program, *words):
        path = shutil.which(program, path=PLACES)
        log = open(f"{self.home}/{program.rsplit('/', 1)[-1]}.log", "w")
        with log:
            self.processes.append(subprocess.Popen([path, *words], start_new_session=True, stdout=log, stderr=log))

    def asked(self):
        """How often it was fetched from, and pushed to, as git daemon tells; `None` elsewhere."""
        if self.kind != "daemon":
            return None
        with open(f"{self.home}/git.log", errors="replace") as log:
            text = log.read()
        return text.count("] Request upload-pack for "), text.count("] Request receive-pack for ")

    def seconds(self):
        """The processor time of all its processes, with those that have ended."""
        total, sessions = 0, {process.pid for process in self.processes}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) in sessions:
                total += sum(map(int, fields[11:15]))
        return total / os.sysconf("SC_CLK_TCK")

    def close(self):
        for process in self.processes:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


if __name__ == "__main__":
    if missing := lacks(sys.argv[1]):
        print(missing)
        sys.exit(1)
