import { type Change, ties } from "../entities/entity.ts";
import type { Event } from "./delivery.ts";
import { maximumRows } from "../database/merge.ts";

/** Characters of a call's deliveries. Neon takes ten million bytes a request. */
const maximumLength = 2_000_000;

/**
 * What several deliveries come to in one call: one row an object, by the law. A delete is final, else the newest
 * observation is the row.
 */
export class Fold {
  readonly #events = new Map<string, Event>();
  readonly #changes = new Map<string, Change>();
  #length = 0;

  /**
   * Takes a delivery in, or leaves it for another call: where it would be too much, or where it and another one that is
   * here name different parents of one object, since a row can tell only one of them.
   *
   * @param length of the delivery as JSON
   */
  add(event: Event, length: number): boolean {
    if (this.#events.has(event.id)) return true;
    const known = event.changes.flatMap((change) => this.#changes.get(keyOf(change)) ?? []);
    const rows = this.#changes.size + event.changes.length - known.length;
    const isTooMuch = rows > maximumRows || this.#length + length > maximumLength;
    if (this.#events.size > 0 && (isTooMuch || !event.changes.every((change) => this.#isFoldable(change))))
      return false;

    this.#length += length;
    this.#events.set(event.id, event);
    for (const change of event.changes) {
      const key = keyOf(change);
      const other = this.#changes.get(key);
      this.#changes.set(key, other === undefined ? change : winner(other, change));
    }
    return true;
  }

  get events(): Event[] {
    return [...this.#events.values()];
  }

  get changes(): Change[] {
    return [...this.#changes.values()];
  }

  /** Whether a delivery's subject is what the call says of it: else another delivery here knows better. */
  isHeard({ changes: [subject] }: Event): boolean {
    return subject !== undefined && this.#changes.get(keyOf(subject)) === subject;
  }

  #isFoldable(change: Change): boolean {
    const other = this.#changes.get(keyOf(change));
    if (other === undefined || "deleted" in change.row || "deleted" in other.row) return true;
    const [one, two] = [change.row, other.row];
    // One that names another, or none where this one does, is for Postgres to weigh.
    return ties.every((tie) => (one[tie] ?? null) === (two[tie] ?? null));
  }
}

const keyOf = ({ table, row }: Change): string => `${table}:${row.id}`;

const winner = (one: Change, two: Change): Change => {
  if ("deleted" in one.row || "deleted" in two.row) return "deleted" in one.row ? one : two;
  return one.row.version < two.row.version ? two : one;
};

/** Puts deliveries into as few calls as they fit, each into the first that takes it. */
export const folded = (deliveries: readonly { event: Event; length: number }[]): Fold[] => {
  const folds: Fold[] = [];
  for (const { event, length } of deliveries) {
    if (folds.some((fold) => fold.add(event, length))) continue;
    const fold = new Fold();
    fold.add(event, length);
    folds.push(fold);
  }
  return folds;
};
