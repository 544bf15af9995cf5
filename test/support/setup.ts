import { readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { startGateway } from "../../dev/gateway.ts";
import { migrate } from "../../cli/migrate.ts";
import { startFaultyGateway } from "./faulty-gateway.ts";
import { logSchemaOf } from "./node/log-schema.ts";
import { execute, startPostgres } from "./postgres.ts";
import { rolesSql } from "./roles.ts";

/** Starts what the tests in workerd need from outside: a real Postgres behind the gateway. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const postgres = await startPostgres();
  await execute(postgres.url("postgres"), "create database template_clerk");
  await migrate(postgres.url("template_clerk"));
  await execute(postgres.url("template_clerk"), rolesSql());
  const gateway = await startGateway({ connections: 20 });
  const faulty = await startFaultyGateway(gateway.url);

  project.provide("databaseUrl", postgres.url("template_clerk"));
  project.provide("endpoint", gateway.url);
  project.provide("faultyEndpoint", faulty.url);
  project.provide("signingSecret", newSigningSecret());
  project.provide("logSchema", logSchemaOf(readFileSync(new URL("../../docs/log.md", import.meta.url), "utf8")));
  const [seed, count] = project.config.provide.isRest ? [501, 1500] : [1, 500];
  project.provide("chaos", {
    seed: Number(process.env.CHAOS_SEED ?? seed),
    count: Number(process.env.CHAOS_COUNT ?? count),
  });
  const [unauthentic, authentic] = project.config.provide.isRest ? [200_000, 20_000] : [20_000, 2000];
  project.provide("fuzz", {
    seed: Number(process.env.FUZZ_SEED ?? 1),
    unauthentic: Number(process.env.FUZZ_COUNT ?? unauthentic),
    authentic: process.env.FUZZ_COUNT === undefined ? authentic : Math.ceil(Number(process.env.FUZZ_COUNT) / 10),
  });

  return async () => {
    await faulty.close();
    await gateway.close();
    await postgres.close();
  };
};
