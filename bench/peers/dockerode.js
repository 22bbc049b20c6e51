// The jobs of the benchmark by dockerode; see bench/plain.c. `npm install --prefix bench dockerode`
// makes it available.
"use strict";

const fs = require("fs");
const { PassThrough, Writable } = require("stream");
const { finished } = require("stream/promises");
const Docker = require("dockerode");

const docker = new Docker({ socketPath: process.env.DOCKER_HOST.replace("unix://", "") });

// A sink that counts.
class Counter extends Writable {
  constructor() {
    super();
    this.size = 0;
  }

  _write(chunk, encoding, done) {
    this.size += chunk.length;
    done();
  }
}

async function sizeOf(stream) {
  const counter = new Counter();
  stream.pipe(counter);
  await finished(counter);
  return counter.size;
}

const jobs = {
  async list() {
    await docker.listContainers();
    return 1;
  },

  async list_all(times) {
    for (let i = 0; i < times; i++) await docker.listContainers({ all: true });
    return times;
  },

  async inspect(id, times) {
    for (let i = 0; i < times; i++) await docker.getContainer(id).inspect();
    return times;
  },

  async logs(id) {
    const stream = await docker.getContainer(id).logs({ stdout: true, stderr: true, follow: true });
    const output = new PassThrough();
    docker.modem.demuxStream(stream, output, output);
    stream.on("end", () => output.end());
    return sizeOf(output);
  },

  async save(image) {
    return sizeOf(await docker.getImage(image).get());
  },

  async get(id, path) {
    return sizeOf(await docker.getContainer(id).getArchive({ path }));
  },

  async put(id, path) {
    await docker.getContainer(id).putArchive(fs.createReadStream(path), { path: "/tmp" });
    return fs.statSync(path).size;
  },

  async run(image, times) {
    for (let i = 0; i < times; i++) {
      const output = new PassThrough();
      const settings = { Tty: false, HostConfig: { NetworkMode: "none" } };
      const [, container] = await docker.run(image, ["echo", "hello"], [output, output], settings);
      if (output.read().toString() !== "hello\n") throw new Error("wrong output");
      await container.remove({ v: true, force: true });
    }
    return times;
  },
};

const [job, ...rest] = process.argv.slice(2);
jobs[job](...rest).then((done) => console.log(String(done)));
