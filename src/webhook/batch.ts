import { type LedgerLine, maximumLength, maximumRows } from "../database/merge.ts";
import { type Change, keyOf } from "../entities/entity.ts";
import { type Delivery, ledgerLine } from "./delivery.ts";

/** Several deliveries as one call of the merge, with one row per object: its newest observation. */
export class Batch {
  readonly #deliveries = new Map<string, Delivery>();
  readonly #changes = new Map<string, Change>();
  #length = 0;

  /**
   * Takes a delivery in, or leaves it for another batch if it would be too much.
   *
   * @param length of the delivery as JSON
   */
  add(delivery: Delivery, length: number): boolean {
    if (this.#deliveries.has(delivery.id)) return true;
    const { changes } = delivery;
    const known = changes.filter((change) => this.#changes.has(keyOf(change))).length;
    const rows = this.#changes.size + changes.length - known;
    const isTooMuch = rows > maximumRows || this.#length + length > maximumLength;
    if (isTooMuch && this.#deliveries.size > 0) return false;

    this.#length += length;
    this.#deliveries.set(delivery.id, delivery);
    for (const change of changes) {
      const key = keyOf(change);
      const other = this.#changes.get(key);
      if (other === undefined || other.row.version < change.row.version) this.#changes.set(key, change);
    }
    return true;
  }

  get deliveries(): Delivery[] {
    return [...this.#deliveries.values()];
  }

  get changes(): Change[] {
    return [...this.#changes.values()];
  }

  /** The deliveries' lines in the ledger. The subject of one that another one here overrules is not what the call says. */
  get lines(): LedgerLine[] {
    return this.deliveries.map((delivery) => {
      const [subject] = delivery.changes;
      const isHeard = subject !== undefined && this.#changes.get(keyOf(subject)) === subject;
      return isHeard ? ledgerLine(delivery) : { ...ledgerLine(delivery), subject: undefined };
    });
  }
}

/** Puts deliveries into as few batches as they fit, each into the first that takes it. */
export const batched = (deliveries: readonly { delivery: Delivery; length: number }[]): Batch[] => {
  const batches: Batch[] = [];
  for (const { delivery, length } of deliveries) {
    if (batches.some((batch) => batch.add(delivery, length))) continue;
    const batch = new Batch();
    batch.add(delivery, length);
    batches.push(batch);
  }
  return batches;
};
