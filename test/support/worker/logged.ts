import { vi } from "vitest";
import { leakIn } from "../leaks.ts";
import { keep } from "./documented-log.ts";

/** The lines that the Worker logs while `run` does. */
export const logged = async (run: () => Promise<void>): Promise<string[]> => {
  const lines: string[] = [];
  const spies = (["log", "warn", "error", "info", "debug"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      const line = parts.map(String).join(" ");
      const leak = leakIn(line);
      if (leak !== undefined) throw new Error(`the log tells ${leak}: ${line}`);
      keep(line);
      lines.push(line);
    }),
  );
  try {
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
};
