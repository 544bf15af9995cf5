import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { type BackendApi, startBackendApi } from "../../../dev/clerk/backend-api.ts";
import { createInstance, type Instance } from "../../../dev/clerk/instance.ts";
import { type Gateway, startGateway } from "../../../dev/gateway.ts";
import { newClock } from "../clock.ts";
import { execute, type Postgres, startPostgres } from "../postgres.ts";
import { copyRepository } from "./commands.ts";

/** What `npm run setup` meets: a Postgres in place of Neon, a simulated Clerk, and a stub in place of wrangler. */
export type SetupWorld = {
  /** A copy of the repository. */
  folder: string;
  /** The database, as its owner, who is no superuser. */
  ownerUrl: string;
  /** As a superuser. */
  adminUrl: string;
  instance: Instance;
  api: BackendApi;
  /** What a person would have in the environment, without a secret. */
  env: Record<string, string>;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** What wrangler was given, in order. */
  calls(): Promise<Call[]>;
  /** The secrets that the Worker has, by what wrangler was given. */
  secrets(): Promise<Record<string, string>>;
  /** Makes a state of the stub, such as `fail-deploy`, which may say something. */
  stub(name: string, said?: string): Promise<void>;
  /** Ledger line of a delivery that has just come in. */
  deliver(): Promise<void>;
  /** The files of the copy that git does not ignore, with their texts. */
  files(): Promise<Map<string, string>>;
  close(): Promise<void>;
};

export type Call = { parameters: string[]; stdin: string; env: Record<string, string> };

export const ownerPassword = "hunter2-of-the-owner";
export const signingSecret = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
/** One of production, whose requests are not held back as much. */
export const secretKey = "sk_live_setupAndNobodys";
export const instanceId = "ins_2setupsetupsetupsetupsetup";

export const startSetupWorld = async (): Promise<SetupWorld> => {
  const postgres: Postgres = await startPostgres();
  const gateway: Gateway = await startGateway();
  const adminUrl = postgres.url("mirror");
  await execute(
    postgres.url("postgres"),
    `create role setup_owner login createrole password '${ownerPassword}'`,
    "create database mirror owner setup_owner",
  );
  const owner = new URL(adminUrl);
  owner.username = "setup_owner";
  owner.password = ownerPassword;

  const instance = createInstance({ seed: 1, id: instanceId, now: newClock() });
  const api = await startBackendApi(instance, { secretKey });
  const { folder, remove } = await copyRepository();
  const stub = await mkdtemp(join(tmpdir(), "clerk-mirror-stub-"));
  await mkdir(join(stub, "bin"));
  await copyFile(fileURLToPath(new URL("stub-wrangler.mjs", import.meta.url)), join(stub, "bin/wrangler"));
  // Without an ending it is a module by its package.json.
  await writeFile(join(stub, "bin/package.json"), '{"type":"module"}');
  await chmod(join(stub, "bin/wrangler"), 0o755);

  const callsOf = async (): Promise<Call[]> => {
    const lines = await readFile(join(stub, "calls.jsonl"), "utf8").catch(() => "");
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Call);
  };

  return {
    folder,
    ownerUrl: owner.href,
    adminUrl,
    instance,
    api,
    env: {
      PATH: `${join(stub, "bin")}:${process.env.PATH}`,
      STUB_FOLDER: stub,
      NEON_FETCH_ENDPOINT: gateway.url,
      CLERK_API_URL: api.url,
    },
    query: async (text) => {
      const client = new pg.Client({ connectionString: adminUrl });
      await client.connect();
      try {
        return (await client.query(text)).rows;
      } finally {
        await client.end();
      }
    },
    calls: callsOf,
    secrets: async () =>
      Object.assign({}, ...(await callsOf()).map(({ stdin }) => (stdin === "" ? {} : JSON.parse(stdin)))) as Record<
        string,
        string
      >,
    stub: (name, said = "") => writeFile(join(stub, name), said),
    deliver: () =>
      execute(
        adminUrl,
        `insert into clerk.deliveries (id, type, instance_id, occurred_at, received_at, attempts, outcome)
         values ('msg_setup', 'user.updated', '${instanceId}', now(), now(), 1, 'applied')`,
      ),
    files: async () => {
      const files = new Map<string, string>();
      for (const name of await readdir(folder, { recursive: true })) {
        if (/^(node_modules|\.local|\.setup|\.dev\.vars$|\.env$|\.wrangler)/.test(name)) continue;
        const path = join(folder, name);
        if ((await stat(path)).isFile()) files.set(name, await readFile(path, "utf8"));
      }
      return files;
    },
    close: async () => {
      await api.close();
      await gateway.close();
      await postgres.close();
      await remove();
      await rm(stub, { recursive: true, force: true });
    },
  };
};
