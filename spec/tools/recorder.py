"""An engine that records: it takes every POST and writes its body to FOLDER/NAME.json, where NAME
is the `name` of the query, and answers as if it had done it. It listens on FOLDER/docker.sock and ends
with its standard input.  usage: recorder.py FOLDER"""
import http.server
import os
import socketserver
import sys
import threading
import urllib.parse

folder = sys.argv[1]


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Api-Version", "1.51")
        self.send_header("Ostype", "linux")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.answer(200, b"")

    def do_GET(self):
        self.answer(200, b"{}")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        name = query.get("name", ["unnamed"])[0]
        with open(os.path.join(folder, name + ".json"), "wb") as file:
            file.write(body)
        self.answer(201, b'{"Id":"%s","Warnings":[]}' % name.encode())

    def address_string(self):
        return "cli"

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(os.path.join(folder, "docker.sock"), Engine)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
