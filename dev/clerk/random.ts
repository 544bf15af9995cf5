/** A small generator with a seed (mulberry32), so that its output can be repeated. */
export type Random = {
  /** A whole number from 0 up to, but not including, the limit. */
  below(limit: number): number;
  /** Throws if the list is empty. */
  pick<Item>(items: readonly Item[]): Item;
  chance(probability: number): boolean;
};

/** @param seed a whole number; only its lowest 32 bits count */
export const randomFrom = (seed: number): Random => {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("there is nothing to pick from");
      return item;
    },
    chance: (probability) => next() < probability,
  };
};

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** How many characters a number below `62 ** 5` needs. */
const groupLength = 5;

/** Counts up from what was counted before. */
export type Counter = { next(): number; readonly value: number };

export const counterFrom = (counted = 0): Counter => {
  let value = counted;
  return {
    next: () => (value += 1),
    get value() {
      return value;
    },
  };
};

/**
 * Ids in the form of Clerk and Svix: a prefix, `_` and 27 letters and digits. They are unique: the last six characters
 * count up.
 */
export const idsFrom = (random: Random, made = counterFrom()): ((prefix: string) => string) => {
  // Written as bytes: the pieces of a concatenated string would stay in memory behind the id.
  const bytes = Buffer.alloc(64);

  /** Writes a number with `length` characters. */
  const write = (number: number, at: number, length: number): void => {
    let rest = number;
    for (let index = at + length - 1; index >= at; index -= 1) {
      bytes[index] = alphabet.charCodeAt(rest % 62);
      rest = Math.floor(rest / 62);
    }
  };

  return (prefix) => {
    let at = bytes.write(`${prefix}_2`);
    for (let groups = 4; groups > 0; groups -= 1, at += groupLength) {
      write(random.below(62 ** groupLength), at, groupLength);
    }
    write(made.next() - 1, at, 6);
    return bytes.toString("latin1", 0, at + 6);
  };
};
