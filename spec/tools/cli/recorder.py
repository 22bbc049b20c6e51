"""An engine that records: of every request that changes something it appends a line to FOLDER/NAME.sent,
a JSON object of method, path, query, body and credentials, where NAME is the request's header X-Case, and it
answers as if it had done it. It has everything that is asked for, but what is called "absent". It listens on FOLDER/docker.sock and ends with its standard input.
usage: recorder.py FOLDER"""
import http.server
import json
import os
import re
import socketserver
import sys
import threading
import urllib.parse

folder = sys.argv[1]

with open(os.path.join(os.path.dirname(__file__), "services.json")) as file:
    SERVICES = json.load(file)

SWARM = {
    "Name": "default", "Labels": {}, "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {"SnapshotInterval": 10000, "KeepOldSnapshots": 0, "ElectionTick": 10, "HeartbeatTick": 1},
    "Dispatcher": {"HeartbeatPeriod": 5000000000}, "CAConfig": {"NodeCertExpiry": 7776000000000000},
    "TaskDefaults": {}, "EncryptionConfig": {"AutoLockManagers": False}}

NODE = {"Labels": {"old": "1", "kept": "2"}, "Role": "worker", "Availability": "active"}


def versioned(name, spec, **more):
    return dict(more, ID=name, Version={"Index": 7}, Spec=spec)


def by_name(_, query):
    names = json.loads(query.get("filters", "{}")).get("name", {})
    return [{"ID": "id-" + name, "Spec": {"Name": name}} for name in names if name != "absent"]


def container(name, _):
    return {"Id": name, "Name": "/" + name, "Config": {"Tty": False}, "HostConfig": {},
            "State": {"Status": "running", "Running": True, "ExitCode": 0}}


# "called-x" is the name of the network that has the id x; others have their name for an id.
def network(name, _):
    return {"Name": name, "Id": re.sub("^called-", "", name), "Scope": "swarm", "Driver": "overlay"}


READS = [
    (r"/containers/([^/]+)/json", container),
    (r"/exec/([^/]+)/json", lambda name, _: {"ID": name, "Running": False, "ExitCode": 0, "Pid": 1}),
    (r"/networks/([^/]+)", network),
    (r"/(?:secrets|configs)()", by_name),
    (r"/services/([^/]+)", lambda name, _: versioned(name, SERVICES[name])),
    (r"/nodes/([^/]+)", lambda name, _: versioned(name, NODE)),
    (r"/swarm()", lambda *_: versioned("swarm", SWARM, JoinTokens={"Worker": "w", "Manager": "m"})),
    (r"/swarm/unlockkey()", lambda *_: {"UnlockKey": "k"}),
    (r"/info()", lambda *_: {"OSType": "linux", "Swarm": {"NodeID": "node", "LocalNodeState": "active",
                                                          "ControlAvailable": True}}),
    (r"/version()", lambda *_: {"ApiVersion": "1.51", "MinAPIVersion": "1.24", "Version": "28.5.2", "Os": "linux",
                                "Arch": "amd64"}),
]

BUILT = b'{"aux":{"ID":"sha256:' + b"0" * 64 + b'"}}\n'

WRITES = [
    (r"/containers/[^/]+/(start|stop|kill|resize)", 204, b""),
    (r"/exec/[^/]+/resize", 200, b""),
    (r"/containers/[^/]+/wait", 200, b'{"StatusCode":0}'),
    (r"/containers/[^/]+/update", 200, b'{"Warnings":[]}'),
    (r"/networks/[^/]+/connect", 200, b""),
    (r"/(swarm|nodes/[^/]+)/(update|join)|/swarm/join", 200, b""),
    (r"/swarm/init", 200, b'"node"'),
    (r"/services/[^/]+/update", 200, b'{"Warnings":null}'),
    (r"/services/create", 201, b'{"ID":"service"}'),
    (r"/volumes/create", 201, b'{"Name":"data","Driver":"local"}'),
    (r"/build", 200, BUILT),
]

UPGRADES = re.compile(r"/containers/[^/]+/attach|/exec/[^/]+/start")


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Api-Version", "1.51")
        self.send_header("Ostype", "linux")
        self.send_header("Swarm", "active/manager")
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def address(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        query = {key: values[0] if len(values) == 1 else values for key, values in query.items()}
        return re.sub(r"^/v[0-9.]+", "", url.path), query

    def content(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            parts.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(parts)

    def record(self, path, query, content):
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        line = json.dumps({"method": self.command, "path": path, "query": query, "body": body,
                           "auth": self.headers.get("X-Registry-Auth")})
        with open(os.path.join(folder, self.headers.get("X-Case", "none") + ".sent"), "a") as file:
            file.write(line + "\n")

    def upgrade(self):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
                         b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n")

    def do_HEAD(self):
        self.answer(200, b"")

    def do_GET(self):
        path, query = self.address()
        if path == "/_ping":
            return self.answer(200, b"OK")
        for pattern, reply in READS:
            found = re.fullmatch(pattern, path)
            if found and found.group(1) != "absent":
                return self.answer(200, json.dumps(reply(found.group(1), query)).encode())
        return self.answer(404, b'{"message":"no such thing"}')

    def do_POST(self):
        path, query = self.address()
        content = self.content()
        self.record(path, query, content)
        if UPGRADES.fullmatch(path) and self.headers.get("Upgrade"):
            return self.upgrade()
        for pattern, status, reply in WRITES:
            if re.fullmatch(pattern, path):
                return self.answer(status, reply)
        return self.answer(201, b'{"Id":"made","Warnings":[]}')

    def do_DELETE(self):
        self.answer(204, b"")

    def address_string(self):
        return "cli"

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    # A client that has its answer, or was ended, need not stay.
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


server = Server(os.path.join(folder, "docker.sock"), Engine)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
