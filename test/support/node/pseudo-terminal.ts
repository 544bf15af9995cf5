import { spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";

/** A program in a terminal of its own, which `script` of util-linux makes: it is asked as a person is. */
export type PseudoTerminal = {
  /** Waits until the terminal shows a text that it has not shown before the last one that was waited for. */
  until(shown: string | RegExp): Promise<void>;
  /** What a person types, all at once, as one who pastes. */
  type(keys: string): void;
  /** All that it has shown, without colors. */
  text(): string;
  /** Each byte that came to the terminal. */
  bytes(): string;
  /** The program's exit code. */
  ended: Promise<number | null>;
};

export const enter = "\r";
export const ctrlC = "\u0003";
export const down = "\u001B[B";

/** @param command as a shell takes it */
export const inTerminal = (command: string, options: { cwd: string; env: Record<string, string> }): PseudoTerminal => {
  // A shell that does not catch what ends a program ends with it, before what stands behind it.
  const child = spawn("script", ["-qec", `stty cols 120 rows 50; trap : INT; ${command}`, "/dev/null"], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: "xterm-256color", ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close").then(([code]: unknown[]) => (typeof code === "number" ? code : null));
  let bytes = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (data: string) => (bytes += data));
  const text = (): string => stripVTControlCharacters(bytes);

  /** Where a text ends that is shown after `seen`. */
  const find = (shown: string | RegExp): number | undefined => {
    const rest = text().slice(seen);
    const match =
      typeof shown === "string" ? { index: rest.indexOf(shown), length: shown.length } : matchIn(shown, rest);
    return match.index === -1 ? undefined : seen + match.index + match.length;
  };

  return {
    until: async (shown) => {
      for (let at = find(shown); ; at = find(shown)) {
        if (at !== undefined) return void (seen = at);
        const more = once(child.stdout, "data").then(() => true);
        if (await Promise.race([more, ended.then(() => false)])) continue;
        if (find(shown) === undefined) throw new Error(`it has ended without ${String(shown)}:\n${text()}`);
      }
    },
    type: (keys) => void child.stdin.write(keys),
    text,
    bytes: () => bytes,
    ended,
  };
};

const matchIn = (form: RegExp, text: string): { index: number; length: number } => {
  const match = form.exec(text);
  return { index: match?.index ?? -1, length: match?.[0].length ?? 0 };
};
