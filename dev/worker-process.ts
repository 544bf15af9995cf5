import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The Worker in `wrangler dev`, as a process of its own that ends with this one. */
export type WorkerProcess = {
  url: string;
  /** Settles with its exit code. */
  ended: Promise<number>;
  /** Settles when it answers. */
  answered(): Promise<void>;
  close(): Promise<void>;
};

const pause = 200;

/** Whether a Worker answers, whatever it says. */
export const answersAt = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
};

/** @param bindings in place of those of .dev.vars and wrangler.toml */
export const startWorker = async (port: number, bindings: Readonly<Record<string, string>>): Promise<WorkerProcess> => {
  // Run wrangler's own program with this Node: if a shell or npx in between is killed, it leaves wrangler running.
  const wrangler = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("with-parent.mjs", import.meta.url)),
      fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url)),
      "dev",
      "--port",
      String(port),
      // Any free one: two that start at once would both choose the one that is usual.
      "--inspector-port",
      "0",
      ...Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    { stdio: ["inherit", "inherit", "inherit", "pipe"], cwd: fileURLToPath(new URL("..", import.meta.url)) },
  );
  const ended = new Promise<number>((resolve) => {
    wrangler.once("exit", (code) => resolve(code ?? 1));
    wrangler.once("error", () => resolve(1));
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    ended,
    answered: async () => {
      while (!(await answersAt(url))) await sleep(pause);
    },
    close: async () => {
      wrangler.kill("SIGTERM");
      await ended;
    },
  };
};
