"""The jobs of the benchmark by docker-py; see bench/plain.c."""
import sys

import docker

client = docker.from_env(version="auto")
api = client.api


def list_running():
    api.containers()
    return 1


def list_all(times):
    for _ in range(int(times)):
        api.containers(all=True)
    return times


def inspect(name, times):
    for _ in range(int(times)):
        api.inspect_container(name)
    return times


def size_of(chunks):
    return sum(map(len, chunks))


def logs(name):
    return size_of(api.logs(name, stream=True))


def save(image):
    return size_of(api.get_image(image))


def get(name, path):
    return size_of(api.get_archive(name, path)[0])


def put(name, path):
    with open(path, "rb") as file:
        api.put_archive(name, "/tmp", file)
        return file.tell()


def run(image, times):
    for _ in range(int(times)):
        output = client.containers.run(image, ["echo", "hello"], remove=True, network_mode="none")
        assert output == b"hello\n"
    return times


JOBS = {"list": list_running, "list_all": list_all, "inspect": inspect, "logs": logs,
        "save": save, "get": get, "put": put, "run": run}
print(JOBS[sys.argv[1]](*sys.argv[2:]))
