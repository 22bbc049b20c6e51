#!/usr/bin/env python3
"""Runs the docker CLI many times, and tells where each run connected.

    docker_cli.py DOCKER FOLDER <CASES >RESULTS

FOLDER has server.pem and, in FOLDER/world, files in which @u1@, @u2@ stand for
sockets and @t1@, @t2@, @t3@ for TCP addresses that record who connects. Each
worker has a copy of the world with addresses of its own. CASES and RESULTS are
JSON arrays; a case is {"args": [...], "env": {...}}, with the same placeholders
and @world@. RESULTS begins with the first worker's addresses.

A result is {"at": label, "tls": bool, "verify": bool, "head": text} of the first
connection, or {"error": what the CLI said} when none of the addresses was reached.
An engine of this machine's own is left alone: {"at": "default"} when it is meant.
"""
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading

WORKERS = 2
LIMIT = 60
BARRIER = b"B"  # no HTTP, no TLS
DEFAULT_SOCKET = "/var/run/docker.sock"


class Recorder:
    """Listens on one address and notes for its worker how each connection begins."""

    def __init__(self, label, listener, worker):
        self.label, self.listener, self.worker = label, listener, worker
        self.passed = threading.Semaphore(0)
        listener.listen(64)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            self.worker.count(1)
            threading.Thread(target=self.record, args=(peer,), daemon=True).start()

    def record(self, peer):
        peer.settimeout(LIMIT)
        note = {"at": self.label, "tls": False}
        try:
            first = peer.recv(1, socket.MSG_PEEK)
            if first == b"\x16":
                note["tls"] = True
                note["verify"] = not self.shakes_hands(peer)
            elif first == BARRIER:
                self.passed.release()
                return
            elif first:
                note["head"] = peer.recv(65536).decode("latin-1")
            if first:
                self.worker.notes.append(note)
        except OSError:
            pass
        finally:
            peer.close()
            self.worker.count(-1)

    def wait(self):
        """Return when all that connected before has been accepted: they are in a queue."""
        with socket.socket(self.listener.family) as probe:
            probe.connect(self.listener.getsockname())
            probe.sendall(BARRIER)
            assert self.passed.acquire(timeout=LIMIT)

    def shakes_hands(self, peer):
        """Whether the client trusts a certificate that no authority of its knows."""
        try:
            self.worker.server.wrap_socket(peer, server_side=True).close()
            return True
        except ssl.SSLError:
            return False


class Worker:
    def __init__(self, docker, folder, number):
        self.docker, self.notes, self.recorders = docker, [], []
        self.pending, self.changed = 0, threading.Condition()
        self.world = os.path.join(folder, str(number))
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(os.path.join(folder, "server.pem"))
        self.names = {"@world@": self.world}
        os.mkdir(self.world)
        for label in ("u1", "u2"):
            path = os.path.join(self.world, label)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            self.listen(label, path, listener)
        for label in ("t1", "t2", "t3"):
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            self.listen(label, "127.0.0.1:%d" % listener.getsockname()[1], listener)
        self.settle(os.path.join(folder, "world"))

    def listen(self, label, address, listener):
        self.names["@%s@" % label] = address
        self.recorders.append(Recorder(label, listener, self))

    def count(self, change):
        with self.changed:
            self.pending += change
            self.changed.notify_all()

    def finish(self):
        """Return when every connection that was made has been noted."""
        for recorder in self.recorders:
            recorder.wait()
        with self.changed:
            assert self.changed.wait_for(lambda: self.pending == 0, LIMIT)

    def fill(self, text):
        for name, value in self.names.items():
            text = text.replace(name, value)
        return text

    def settle(self, template):
        shutil.copytree(template, self.world, dirs_exist_ok=True)
        for where, _, files in os.walk(self.world):
            for name in files:
                if name.endswith(".json"):
                    path = os.path.join(where, name)
                    with open(path) as file:
                        text = self.fill(file.read())
                    with open(path, "w") as file:
                        file.write(text)

    def call(self, case, *command):
        env = {name: self.fill(value) for name, value in case["env"].items()}
        args = [self.fill(arg) for arg in case["args"]]
        return subprocess.run([self.docker, *args, *command], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=LIMIT)

    def run(self, case):
        del self.notes[:]
        if os.path.exists(DEFAULT_SOCKET):
            host = self.call(case, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
            if host.stdout.strip() == "unix://" + DEFAULT_SOCKET:
                return {"at": "default", "tls": False}
        done = self.call(case, "ps")
        self.finish()
        if not self.notes:
            return {"error": done.stderr.strip()}
        note = dict(self.notes[0])
        if any(other["at"] != note["at"] for other in self.notes):
            note["error"] = "connects to several"
        return note


def main():
    docker, folder = sys.argv[1:]
    cases = json.load(sys.stdin)
    results = [None] * len(cases)
    workers = [Worker(docker, folder, i) for i in range(WORKERS)]
    turns = iter(range(len(cases)))
    lock = threading.Lock()

    def work(worker):
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None:
                return
            results[turn] = worker.run(cases[turn])

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump([workers[0].names] + results, sys.stdout)


main()
