import { afterAll, beforeAll, beforeEach } from "vitest";
import pg from "pg";
import { type BackendApi, startBackendApi } from "../../../dev/clerk/backend-api.ts";
import { createInstance, type Instance } from "../../../dev/clerk/instance.ts";
import { type Gateway, startGateway } from "../../../dev/gateway.ts";
import { migrate } from "../../../cli/migrate.ts";
import { orThrow } from "../../../cli/or-throw.ts";
import { servicesWith, type ServicesWithClerk, withClerk } from "../../../src/services.ts";
import { type Bindings, readSettings, type Settings } from "../../../src/settings.ts";
import { type Clock, newClock } from "../clock.ts";
import { copyDatabase, execute, type Postgres, startPostgres } from "../postgres.ts";
import { asWorker, rolesSql } from "../roles.ts";

/**
 * A simulated Clerk, a database of its own, and what a run over the two works with. Its time is Clerk's alone, and begins
 * anew in each test: the same calls make the same world.
 */
export type SimulatedWorld = {
  instance: Instance;
  /** The instance's. Clerk dates its answers in whole seconds: what happened just before one may be as new as it. */
  clock: Clock;
  api: BackendApi;
  /** The database, as its owner. */
  url: string;
  settings: Settings;
  services: ServicesWithClerk;
  /** Rows of a statement, as its owner. */
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** A world with the same Clerk, and a database of its own that is a copy of this one. */
  fork(): Promise<SimulatedWorld>;
  close(): Promise<void>;
};

const key = "sk_test_simulated";

/** Starts Postgres and the gateway for the tests of a file, and gives what makes a world. */
export const simulatedWorlds = (): ((bindings?: Bindings, id?: string) => Promise<SimulatedWorld>) => {
  let postgres: Postgres;
  let gateway: Gateway;
  let worlds = 0;
  let instances = 0;
  beforeEach(() => void (instances = 0));
  beforeAll(async () => {
    postgres = await startPostgres();
    gateway = await startGateway({ connections: 20 });
    await execute(postgres.url("postgres"), "create database template_clerk");
    await migrate(postgres.url("template_clerk"));
    await execute(postgres.url("template_clerk"), rolesSql());
  });
  afterAll(async () => {
    await gateway.close();
    await postgres.close();
  });

  const worldOf = async (
    bindings: Bindings,
    template: string,
    { instance, clock, api }: Pick<SimulatedWorld, "instance" | "clock" | "api">,
  ): Promise<SimulatedWorld> => {
    const name = `world_${(worlds += 1)}`;
    // Whatever is connected to the template would be in the way, and a pool that has not heard of its end would still use it.
    await gateway.disconnect();
    await execute(
      postgres.url("postgres"),
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${template}'`,
      copyDatabase(template, name),
    );
    const url = postgres.url(name);
    const settings = orThrow(
      readSettings({
        DATABASE_URL: asWorker(url),
        NEON_FETCH_ENDPOINT: gateway.url,
        CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
        CLERK_SECRET_KEY: key,
        CLERK_API_URL: api.url,
        MIRROR_PAGE_SIZE: "20",
        ...bindings,
      }),
    );
    const made = orThrow(withClerk(servicesWith(settings)));
    return {
      instance,
      clock,
      api,
      url,
      settings,
      services: made,
      query: async (text) => {
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        try {
          return (await client.query(text)).rows;
        } finally {
          await client.end();
        }
      },
      fork: () => worldOf(bindings, name, { instance, clock, api }),
      close: () => api.close(),
    };
  };

  return async (bindings = {}, id = "ins_2simulatedsimulatedsimulated") => {
    const clock = newClock();
    const instance = createInstance({ seed: (instances += 1), id, now: clock });
    const api = await startBackendApi(instance, { secretKey: key });
    return worldOf(bindings, "template_clerk", { instance, clock, api });
  };
};
