/** A place under the bound, from when it is taken until it is left. */
export type Place = {
  /** Says that it asks now: its place stays taken for a second from here. */
  asks(): void;
  leave(): void;
};

/** Milliseconds after which a place counts as left: the runtime drops what a cancelled invocation has under way. */
const lostAfter = 30_000;

/**
 * Bounds who is under way and how many ask per second by one number. Whoever may ask yet and whoever asked within the last
 * second have a place each, so that no second has more than so many questions. One who leaves without a question leaves
 * at once.
 *
 * @param most places
 * @returns takes a place; undefined if all are taken
 */
export const boundOf = (most: number, now: () => number = Date.now): (() => Place | undefined) => {
  const places = new Set<{ until: number }>();
  return () => {
    const since = now();
    for (const place of places) if (place.until <= since) places.delete(place);
    if (places.size >= most) return undefined;
    const place = { until: since + lostAfter };
    places.add(place);
    let free = since;
    return {
      asks: () => void (free = now() + 1000),
      leave: () => void (place.until = free),
    };
  };
};
