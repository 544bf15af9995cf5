import { startBackendApi } from "../../../dev/clerk/backend-api.ts";
import { createInstance, type Instance } from "../../../dev/clerk/instance.ts";
import { type CopyReader, openCopy } from "../../../dev/console/copy-reader.ts";
import { startGateway, type Gateway } from "../../../dev/gateway.ts";
import { startLocalDatabase } from "../../../dev/local-database.ts";
import { migrate } from "../../../cli/migrate.ts";
import { orThrow } from "../../../cli/or-throw.ts";
import { parseDelivery } from "../../../src/webhook/delivery.ts";
import { servicesWith, type ServicesWithClerk, withClerk } from "../../../src/services.ts";
import { type Bindings, readSettings } from "../../../src/settings.ts";
import type { ClerkEvent } from "../../../dev/clerk/events.ts";
import { execute } from "../postgres.ts";

/** What `npm run dev` has, without the Worker: a simulated Clerk, PGlite and a gateway to it. */
export type LocalCopy = {
  instance: Instance;
  connectionString: string;
  gateway: Gateway;
  services: ServicesWithClerk;
  reader: CopyReader;
  /** Merges an event, as the Worker does. */
  deliver(event: ClerkEvent): Promise<void>;
  /** Runs statements as the owner of the database. */
  execute(...statements: string[]): Promise<void>;
  close(): Promise<void>;
};

const secretKey = "sk_test_simulated";
export const signingSecret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

export const startLocalCopy = async (seed: number, bindings: Bindings = {}): Promise<LocalCopy> => {
  const instance = createInstance({ seed, id: "ins_local" });
  const api = await startBackendApi(instance, { secretKey });
  const database = await startLocalDatabase();
  const { connectionString } = database;
  await migrate(connectionString);
  const gateway = await startGateway();
  const settings = orThrow(
    readSettings({
      DATABASE_URL: connectionString,
      NEON_FETCH_ENDPOINT: gateway.url,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
      CLERK_SECRET_KEY: secretKey,
      CLERK_API_URL: api.url,
      ...bindings,
    }),
  );
  const services = orThrow(withClerk(servicesWith(settings)));
  const reader = openCopy(connectionString);
  let deliveries = 0;
  return {
    instance,
    connectionString,
    gateway,
    services,
    reader,
    deliver: async (event) => {
      const id = `msg_${(deliveries += 1)}`;
      const body = new TextEncoder().encode(JSON.stringify(event));
      const parsed = orThrow(parseDelivery({ id, signedAt: event.timestamp }, body));
      orThrow(await services.merge(parsed.changes, []));
    },
    execute: (...statements) => execute(connectionString, ...statements),
    close: async () => {
      await reader.close();
      await gateway.close();
      await api.close();
      await database.close();
    },
  };
};
