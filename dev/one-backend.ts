import { PGlite } from "@electric-sql/pglite";

/**
 * Messages that belong to a statement which ends with another: Parse, Bind, Describe, Execute, Close and Flush, up to Sync.
 *
 * Source: Postgres's documentation of its protocol, "Message Formats".
 */
const unfinished: ReadonlySet<number | undefined> = new Set(Buffer.from("PBDECH"));

/**
 * A PGlite whose connections take turns at whole statements. Its server lets other connections in between two messages of one,
 * unless it is in a transaction: what another has prepared would be run in place of its own.
 */
export class OneBackend extends PGlite {
  #isAmidst = false;

  override isInTransaction(): boolean {
    return this.#isAmidst || super.isInTransaction();
  }

  override async execProtocolRawStream(
    ...[message, options]: Parameters<PGlite["execProtocolRawStream"]>
  ): Promise<void> {
    this.#isAmidst = unfinished.has(message[0]);
    await super.execProtocolRawStream(message, options);
  }

  /** By it the server ends what a connection that is gone had begun. */
  override async exec(...parameters: Parameters<PGlite["exec"]>): ReturnType<PGlite["exec"]> {
    this.#isAmidst = false;
    return super.exec(...parameters);
  }
}
