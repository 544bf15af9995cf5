import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unstable_readConfig } from "wrangler";

/**
 * Workers in plain workerd, each alone in its process. `wrangler dev` and similar tools put a second Worker in front,
 * whose CPU cannot be separated from the Worker's own.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.resolve("wrangler"));

/** The workerd that comes with wrangler. */
const workerd = require("workerd") as { default: string; version: string };

export const workerdVersion = workerd.version;

export type Bundle = { folder: string; gzipKiB: number; compatibilityDate: string; compatibilityFlags: string[] };

/**
 * Bundles a Worker as `wrangler deploy` does.
 *
 * @param folder where the bundle goes
 * @param entry of another Worker to bundle with the same settings (default: this Worker)
 */
export const bundle = async (folder: string, entry?: string): Promise<Bundle> => {
  let config = join(root, "wrangler.toml");
  const { compatibility_date, compatibility_flags, minify, keep_names } = unstable_readConfig({ config });
  if (compatibility_date === undefined) throw new Error("wrangler.toml has no compatibility_date");
  await mkdir(folder, { recursive: true });
  if (entry !== undefined) {
    config = join(folder, "wrangler.json");
    const main = fileURLToPath(new URL(entry, import.meta.url));
    const settings = { name: "contestant", main, compatibility_date, compatibility_flags, minify, keep_names };
    await writeFile(config, JSON.stringify(settings));
  }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    // `bin/wrangler.js` would run this as a child of its own, which a signal to the parent would not end.
    [require.resolve("wrangler"), "deploy", "--config", config, "--dry-run", "--outdir", folder],
    { cwd: root },
  );
  const gzip = /gzip: ([\d.]+) KiB/.exec(stdout)?.[1];
  if (gzip === undefined) throw new Error(`wrangler did not say how large the bundle is:\n${stdout}`);
  return {
    folder,
    gzipKiB: Number(gzip),
    compatibilityDate: compatibility_date,
    compatibilityFlags: compatibility_flags,
  };
};

export type RunningWorker = {
  origin: string;
  /** With a queue: the stub broker, which returns what was sent to it, and the address that drives the consumer. */
  broker?: string;
  driver?: string;
  /** The most memory that the process has had. Bytes. */
  peakBytes(): number;
  /** CPU that the process has used so far, over all its threads. Nanoseconds. */
  cpu(): bigint;
  close(): Promise<void>;
};

/** If a signal ends this process at once, it must not leave a server behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export type StartOptions = {
  /** Whether it has a core of its own. */
  isPinned?: boolean;
  /** Whether to bind `EVENTS`, to a broker that acknowledges at once and keeps what it was sent. */
  hasQueue?: boolean;
  /** Whether to bind `APP`, to a Worker that takes all changes at once, with an address that drives the cron. */
  hasApp?: boolean;
};

/** Starts a bundled Worker on a free port of this machine. */
export const startWorker = async (
  bundled: Bundle,
  bindings: Record<string, string>,
  { isPinned = true, hasQueue = false, hasApp = false }: StartOptions = {},
): Promise<RunningWorker> => {
  const config = join(bundled.folder, hasQueue ? "queue.capnp" : hasApp ? "app.capnp" : "workerd.capnp");
  await writeFile(config, capnp(bundled, bindings, hasQueue, hasApp));
  const serve = ["serve", "--control-fd=3", ...(hasQueue || hasApp ? ["--experimental"] : []), config];
  // workerd writes its ports to descriptor 3. Log lines are written, but not read.
  const child = spawn(...(isPinned ? onCore(0, workerd.default, serve) : ([workerd.default, serve] as const)), {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    // A terminal's Ctrl-C must not reach it: it is closed in its turn.
    detached: true,
  });
  const exited = once(child, "exit");
  const close = async () => {
    running.delete(child);
    child.kill("SIGKILL");
    await exited;
  };
  running.add(child);

  const listening = portsOf(child.stdio[3] as Readable, hasQueue ? 3 : hasApp ? 2 : 1);
  const ports = await Promise.race([listening, exited.then(() => undefined)]);
  const { pid } = child;
  const origins = Object.fromEntries(
    Object.entries(ports ?? {}).map(([socket, port]) => [socket, `http://127.0.0.1:${port}`]),
  );
  if (origins.http === undefined || pid === undefined) throw new Error("workerd did not start");
  return {
    origin: origins.http,
    broker: origins.broker,
    driver: origins.driver,
    peakBytes: () => peakOf(pid),
    cpu: () => cpuOf(pid),
    close,
  };
};

/**
 * Gives workerd a core of its own, if the machine has two and `taskset`. Otherwise other processes would evict its
 * caches, and its CPU would depend on how busy they are.
 */
const onCore = (core: number, command: string, parameters: string[]): [string, string[]] =>
  canPin ? ["taskset", ["--cpu-list", String(core), command, ...parameters]] : [command, parameters];

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** Moves this process, and those that it starts from now on, off workerd's core. */
export const leaveCore = (core: number): void => {
  const others = Array.from({ length: availableParallelism() }, (_, index) => index).filter((index) => index !== core);
  if (canPin) spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", others.join(","), String(process.pid)]);
};

/** The ports of `count` sockets, by name. */
const portsOf = async (control: Readable, count: number): Promise<Record<string, number>> => {
  const ports: Record<string, number> = {};
  for await (const line of createInterface(control)) {
    const message: { event: string; socket: string; port?: number } = JSON.parse(line);
    if (message.event === "listen" && message.port !== undefined) ports[message.socket] = message.port;
    if (Object.keys(ports).length === count) break;
  }
  return ports;
};

/** Source: https://docs.kernel.org/scheduler/sched-stats.html, `/proc/<pid>/schedstat`; here of each thread. */
const cpuOf = (pid: number): bigint => {
  let nanoseconds = 0n;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += BigInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0] ?? 0);
  }
  return nanoseconds;
};

const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

/** Written with JSON: its strings and lists of strings are valid in Cap'n Proto's text format too. */
const capnp = (bundled: Bundle, bindings: Record<string, string>, hasQueue: boolean, hasApp: boolean): string => `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "index.js", esModule = embed ${JSON.stringify(entryOf(bundled.folder))})],
      compatibilityDate = ${JSON.stringify(bundled.compatibilityDate)},
      compatibilityFlags = ${JSON.stringify(bundled.compatibilityFlags)},
      bindings = [
${Object.entries(bindings)
  .map(([name, text]) => `        (name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)}),`)
  .join("\n")}
        ${hasQueue ? '(name = "EVENTS", queue = "broker"),' : ""}
        ${hasApp && bindings.MIRROR_NOTIFY_URL === undefined ? '(name = "APP", service = (name = "app", entrypoint = "Changes")),' : ""}
      ],
    )),${hasQueue ? queueServices(bundled) : ""}${hasApp ? appServices(bundled) : ""}
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "worker"),
    ${hasQueue ? socketsOf(["broker", "driver"]) : hasApp ? socketsOf(["driver"]) : ""}
  ],
);
`;

const socketsOf = (services: string[]): string =>
  services.map((name) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}"),`).join("\n    ");

/** A stub of a queue: it keeps what is enqueued, and gives batches to the consumer on request. */
const queueServices = ({ compatibilityDate }: Bundle): string => `
    (name = "broker", worker = (
      modules = [(name = "broker.js", esModule = ${JSON.stringify(broker)})],
      compatibilityDate = ${JSON.stringify(compatibilityDate)},
    )),
    (name = "driver", worker = (
      modules = [(name = "driver.js", esModule = ${JSON.stringify(driver)})],
      compatibilityDate = ${JSON.stringify(compatibilityDate)},
      compatibilityFlags = ["service_binding_extra_handlers"],
      bindings = [(name = "MIRROR", service = "worker")],
    )),`;

const appServices = ({ compatibilityDate }: Bundle): string => `
    (name = "app", worker = (
      modules = [(name = "app.js", esModule = ${JSON.stringify(app)})],
      compatibilityDate = ${JSON.stringify(compatibilityDate)},
    )),
    (name = "driver", worker = (
      modules = [(name = "driver.js", esModule = ${JSON.stringify(cron)})],
      compatibilityDate = ${JSON.stringify(compatibilityDate)},
      compatibilityFlags = ["service_binding_extra_handlers"],
      bindings = [(name = "MIRROR", service = "worker")],
    )),`;

const app = `
import { WorkerEntrypoint } from "cloudflare:workers";
export class Changes extends WorkerEntrypoint {
  changed() {}
}
export default { fetch: () => new Response() };
`;

/** Runs the cron of the outbox once. */
const cron = `
export default {
  fetch: async (request, env) => Response.json(await env.MIRROR.scheduled({ scheduledTime: new Date(), cron: "* * * * *" })),
};
`;

/** Acknowledges at once. `GET` returns what it was sent since the last `GET`. */
const broker = `
let sent = [];
const answer = JSON.stringify({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } } });
export default {
  async fetch(request) {
    if (request.method === "GET") {
      const bodies = sent;
      sent = [];
      return Response.json(bodies);
    }
    sent.push(await request.text());
    return new Response(answer, { headers: { "content-type": "application/json" } });
  },
};
`;

/** Gives the posted bodies to the consumer as one batch, and answers with the result. */
const driver = `
let number = 0;
export default {
  async fetch(request, env) {
    const bodies = await request.json();
    const messages = bodies.map((body) => ({ id: String(number++), timestamp: new Date(), attempts: 1, body }));
    return Response.json(await env.MIRROR.queue("clerk-mirror-events", messages));
  },
};
`;

/** wrangler names the bundle after the entry, and bundles everything into one module. */
const entryOf = (folder: string): string => {
  const modules = readdirSync(folder).filter((file) => file.endsWith(".js"));
  const [entry] = modules;
  if (entry === undefined || modules.length > 1)
    throw new Error(`expected one module in ${folder}, found: ${modules.join(", ")}`);
  return entry;
};
