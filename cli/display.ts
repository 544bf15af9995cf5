import { SingleBar } from "cli-progress";
import { amount } from "../src/sync/steps.ts";

/** Shows how far a run is: a bar in a terminal, else a line every 5 seconds. */
export type Display = {
  /** How many objects a list has. */
  total(table: string, objects: number): void;
  /** How many objects have been checked. */
  update(checked: number): void;
  /** Several lists may wait for the same reason at once: it is shown once. */
  wait(reason: string, milliseconds: number): void;
  stop(): void;
};

/**
 * @param begin how many objects had been checked before
 * @param isQuiet whether to show nothing
 */
export const displayOf = (begin: number, isQuiet: boolean): Display => {
  const totals = new Map<string, number>();
  const started = Date.now();
  /** Until when each reason to wait is not shown again. */
  const told = new Map<string, number>();
  let at = begin;
  let printed = Date.now();
  const total = (): number =>
    Math.max(
      at,
      [...totals.values()].reduce((sum, one) => sum + one, 0),
    );
  const rate = (): number => Math.round((1000 * (at - begin)) / Math.max(1, Date.now() - started));
  const endTime = (): string => {
    if (at === begin) return "…";
    const seconds = (total() - at) / Math.max(1, rate());
    return new Date(Date.now() + seconds * 1000).toLocaleTimeString();
  };
  const isBar = !isQuiet && process.stderr.isTTY;
  const bar = isBar
    ? new SingleBar({
        format: "{bar} {value} of {total} objects · {rate}/s · done at {end}",
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        stopOnComplete: false,
        gracefulExit: false,
        etaBuffer: 100,
      })
    : undefined;
  const startBar = (): void => bar?.start(Math.max(1, total()), at, { rate: 0, end: "…" });
  startBar();
  return {
    total: (table: string, objects: number): void => void totals.set(table, objects),
    update: (checked: number): void => {
      at = checked;
      bar?.setTotal(Math.max(1, total()));
      bar?.update(at, { rate: amount(rate()), end: endTime() });
      if (bar !== undefined || isQuiet || Date.now() - printed < 5000) return;
      printed = Date.now();
      console.log(`${amount(at)} of ${amount(total())} objects, ${amount(rate())} per second, done at ${endTime()}`);
    },
    wait: (reason: string, milliseconds: number): void => {
      const now = Date.now();
      if (isQuiet || now < (told.get(reason) ?? 0)) return;
      told.set(reason, now + milliseconds);
      bar?.stop();
      console.error(`${reason}: waiting ${Math.ceil(milliseconds / 1000)} s`);
      startBar();
    },
    stop: (): void => bar?.stop(),
  };
};
