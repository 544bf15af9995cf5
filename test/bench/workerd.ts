import { execFile, spawn, spawnSync } from "node:child_process";
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
 * Workers in plain workerd, each alone in its process: `wrangler dev` and its kin put a second Worker in front,
 * whose CPU could not be told from the Worker's own.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.resolve("wrangler"));

/** The workerd that wrangler brings. */
const workerd = require("workerd") as { default: string; version: string };

export const workerdVersion = workerd.version;

export type Bundle = { folder: string; gzipKiB: number; compatibilityDate: string; compatibilityFlags: string[] };

/**
 * Bundles a Worker as `wrangler deploy` does.
 *
 * @param folder where the bundle goes
 * @param entry of another Worker, that is bundled with the same settings; this one, if none
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
    // `bin/wrangler.js` would run this as a child of its own, which a signal to the parent does not end.
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
  /** CPU that the process has used so far, all its threads together. Nanoseconds. */
  cpu(): bigint;
  close(): Promise<void>;
};

/** Starts a bundled Worker on a free port of this machine. */
export const startWorker = async (bundled: Bundle, bindings: Record<string, string>): Promise<RunningWorker> => {
  const config = join(bundled.folder, "workerd.capnp");
  await writeFile(config, capnp(bundled, bindings));
  // workerd tells its port on descriptor 3. A log line is written, and read by nobody.
  const child = spawn(...onCore(0, workerd.default, ["serve", "--control-fd=3", config]), {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    // Out of reach of a terminal's Ctrl-C: it is closed in its turn.
    detached: true,
  });
  const exited = once(child, "exit");
  const close = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  // A signal that ends this process at once must not leave a server behind.
  process.once("exit", () => child.kill("SIGKILL"));

  const port = await Promise.race([portOf(child.stdio[3] as Readable), exited.then(() => undefined)]);
  const { pid } = child;
  if (port === undefined || pid === undefined) throw new Error("workerd did not start");
  return { origin: `http://127.0.0.1:${port}`, cpu: () => cpuOf(pid), close };
};

/**
 * Gives workerd a core of its own, where the machine has two and `taskset`: what else runs would evict its caches,
 * and its CPU would tell how busy the others are.
 */
const onCore = (core: number, command: string, parameters: string[]): [string, string[]] =>
  canPin ? ["taskset", ["--cpu-list", String(core), command, ...parameters]] : [command, parameters];

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** Keeps this process, and what it starts from now on, off workerd's core. */
export const leaveCore = (core: number): void => {
  const others = Array.from({ length: availableParallelism() }, (_, index) => index).filter((index) => index !== core);
  if (canPin) spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", others.join(","), String(process.pid)]);
};

const portOf = async (control: Readable): Promise<number | undefined> => {
  for await (const line of createInterface(control)) {
    const message = JSON.parse(line) as { event: string; port?: number };
    if (message.event === "listen") return message.port;
  }
  return undefined;
};

/** Source: https://docs.kernel.org/scheduler/sched-stats.html, `/proc/<pid>/schedstat`; here of each thread. */
const cpuOf = (pid: number): bigint => {
  let nanoseconds = 0n;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += BigInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0] ?? 0);
  }
  return nanoseconds;
};

/** Of these values, JSON's strings and lists of strings are Cap'n Proto's too. */
const capnp = (bundled: Bundle, bindings: Record<string, string>): string => `
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
      ],
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`;

/** wrangler names the bundle by the entry's own name, and bundles all into one module. */
const entryOf = (folder: string): string => {
  const modules = readdirSync(folder).filter((file) => file.endsWith(".js"));
  const [entry] = modules;
  if (entry === undefined || modules.length > 1) throw new Error(`not one module in ${folder}: ${modules.join(", ")}`);
  return entry;
};
