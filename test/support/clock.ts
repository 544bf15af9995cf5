export type Clock = (() => number) & {
  /** Lets so many milliseconds pass. */
  pass(milliseconds: number): void;
};

/** A clock that is nobody else's. It goes on by a millisecond at most readings, and stands still at some: as in a burst. */
export const newClock = (): Clock => {
  let time = 1_760_000_000_000;
  let readings = 0;
  const read = () => (time += (readings += 1) % 3 === 0 ? 0 : 1);
  return Object.assign(read, { pass: (milliseconds: number) => void (time += milliseconds) });
};
