import { afterEach, expect, inject } from "vitest";
import { faultIn } from "../log-line.ts";

/** Each line that the Worker writes during a test is as docs/log.md says. A setup file of all tests in workerd. */

let written: string[] = [];

/** Keeps a line for the end of the test: what is wrong with it is not for the Worker that writes it. */
export const keep = (line: string): void => void written.push(line);

for (const level of ["log", "error"] as const) {
  const write = console[level].bind(console);
  console[level] = (...parts: unknown[]) => {
    if (typeof parts[0] === "string") keep(parts[0]);
    write(...parts);
  };
}

afterEach(() => {
  const schema = inject("logSchema");
  const faults = written.map((line) => faultIn(line, schema)).filter((fault) => fault !== undefined);
  written = [];
  expect(faults, "docs/log.md does not say so").toEqual([]);
});
