import { connect } from "./database.ts";
import { type Merge, prepareMerge } from "./merge.ts";
import type { Omitted } from "./omit.ts";
import { type Bindings, type Misconfigured, readSettings } from "./settings.ts";
import { importSecrets } from "./verify.ts";

/** What deliveries are received with. It is made of the bindings once: they do not change while an isolate lives. */
export type Receiver = {
  kind: "receiver";
  keys: CryptoKey[];
  merge: Merge;
  /** Clerk's instance, where only one is mirrored. */
  instanceId: string | undefined;
  omitted: Omitted;
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
      instanceId: settings.instanceId,
      omitted: settings.omitted,
    };
    known.set(bindings, receiver);
    return receiver;
  };
};
