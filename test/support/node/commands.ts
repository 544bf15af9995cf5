import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withoutSettings } from "../../../dev/own-config.ts";
import { leakIn } from "../leaks.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A copy of the repository without `.dev.vars`, to run commands as a user does. */
export const copyRepository = async (): Promise<{ folder: string; remove(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-commands-"));
  for (const name of [
    "src",
    "cli",
    "dev",
    "drizzle",
    "package.json",
    "tsconfig.json",
    "drizzle.config.ts",
    ".dev.vars.example",
  ]) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, "wrangler.toml"), withoutSettings(await readFile(join(root, "wrangler.toml"), "utf8")));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
};

export type Ended = { code: number | null; stdout: string; stderr: string };

export type Running = { child: ChildProcess; ended: Promise<Ended>; output(): string };

const quickImports = new URL("quick-imports.mjs", import.meta.url).href;

/** Starts a program with nothing of this process's environment but where programs are. */
export const start = (
  program: string,
  parameters: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Running => {
  const child = spawn(program, parameters, {
    cwd: options.cwd,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_OPTIONS: `--import=${quickImports}`,
      ...options.env,
    },
    // A terminal gives a command a process group of its own, and so do we.
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const leak = leakIn(stdout) ?? leakIn(stderr);
      if (leak === undefined) resolve({ code, stdout, stderr });
      else reject(new Error(`${parameters.join(" ")} told ${leak}:\n${stdout}${stderr}`));
    });
  });
  return { child, ended, output: () => stdout + stderr };
};

/** Settles when there is an answer of 2xx, or rejects where the program ends before. */
export const untilAnswered = async ({ ended, output }: Running, url: string): Promise<void> => {
  let hasEnded = false;
  void ended.finally(() => (hasEnded = true));
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (hasEnded) throw new Error(`it has ended:\n${output()}`);
    await setTimeout(100);
  }
};

/** The processes of its group that are there yet. */
export const groupOf = async (child: ChildProcess): Promise<string[]> => {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,pgid=,stat=,args="]);
  return stdout.split("\n").filter((line) => {
    const [, group, state] = line.trim().split(/\s+/);
    return group === String(child.pid) && !state?.startsWith("Z");
  });
};
