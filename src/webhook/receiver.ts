import { connect } from "../database/connect.ts";
import { type Merge, prepareMerge } from "../database/merge.ts";
import type { Omitted } from "../entities/omit.ts";
import { type Bindings, type EventQueue, type Misconfigured, readSettings } from "../settings.ts";
import { importSecrets } from "./verify.ts";

/** What deliveries are received with. It is made of the bindings once: they do not change while an isolate lives. */
export type Receiver = {
  kind: "receiver";
  keys: CryptoKey[];
  merge: Merge;
  /** Milliseconds that the database, or the queue, may take. */
  deadline: number;
  /** Clerk's instance, where only one is mirrored. */
  instanceId: string | undefined;
  omitted: Omitted;
  /** Where deliveries wait for their merge, if not here. */
  queue: EventQueue | undefined;
};

/**
 * Gives the receiver of bindings, made at the first call.
 *
 * @param deadline milliseconds that the database may take
 */
export const receivers = (deadline: number) => {
  const known = new WeakMap<Bindings, Receiver>();
  return async (bindings: Bindings): Promise<Receiver | Misconfigured> => {
    const made = known.get(bindings);
    if (made !== undefined) return made;

    const settings = readSettings(bindings);
    if (settings.kind === "misconfigured") return settings;

    const receiver: Receiver = {
      kind: "receiver",
      keys: await importSecrets(settings.signingSecrets),
      merge: prepareMerge(connect(settings.databaseUrl, settings.neonFetchEndpoint), deadline),
      deadline,
      instanceId: settings.instanceId,
      omitted: settings.omitted,
      queue: bindings.EVENTS,
    };
    known.set(bindings, receiver);
    return receiver;
  };
};
