/**
 * Prisma's own engine of migrations, as npm has it: compiled to WebAssembly, on a connection of `pg`. Prisma's command line
 * runs the same engine as a binary, which it downloads from elsewhere.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import * as glue from "@prisma/schema-engine-wasm/schema_engine_bg";
import type {
  MigrationList,
  SchemaEngine,
  SchemaFilter,
  SchemasContainer,
} from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";
import { poolOf } from "./apps-postgres.ts";

export type { MigrationList };

/** The migrations of an app that has none. */
export const noMigrations: MigrationList = {
  baseDir: "migrations",
  lockfile: { path: "migration_lock.toml", content: null },
  shadowDbInitScript: "",
  migrationDirectories: [],
};

export type Engine = {
  engine: SchemaEngine;
  schema: SchemasContainer;
  filters: SchemaFilter;
  close(): Promise<void>;
};

/** What is used of it: the types of Node.js leave it to the browser's. */
type Wasm = {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: Record<"__wbindgen_start", () => void> } }>;
};

let loaded: Promise<void> | undefined;
const load = async (): Promise<void> => {
  const path = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const { WebAssembly } = globalThis as unknown as { WebAssembly: Wasm };
  const { instance } = await WebAssembly.instantiate(await readFile(path.replace(/\.js$/, ".wasm")), {
    "./schema_engine_bg.js": glue,
  });
  // Where the engine says why it panicked.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) },
  });
  // What the package's own entry does, for bundlers.
  const { __wbg_set_wasm: use } = glue;
  const { __wbindgen_start: begin } = instance.exports;
  use(instance.exports);
  begin();
};

/**
 * @param files the app's schema
 * @param external the tables that its configuration says are external
 * @param url of the database
 * @param newShadow makes an empty database, and returns its URL
 */
export const startEngine = async (
  files: SchemasContainer["files"],
  external: string[],
  url: string,
  newShadow: () => Promise<string>,
): Promise<Engine> => {
  loaded ??= load();
  await loaded;
  const pools: pg.Pool[] = [];
  const connect = (connectionString: string): SqlMigrationAwareDriverAdapterFactory => {
    const pool = poolOf({ connectionString, Client: MarkingClient });
    pools.push(pool);
    const factory = new PrismaPg(pool);
    return {
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: async () => withChars(await factory.connect()),
      connectToShadowDb: () => newShadow().then((shadow) => connect(shadow).connect()),
    };
  };
  const schema = { files };
  const engine = await glue.SchemaEngine.new(
    { datamodels: files.map(({ path, content }) => [path, content]) },
    () => {},
    bindMigrationAwareSqlAdapterFactory(connect(url)),
  );
  return {
    engine,
    schema,
    filters: { externalTables: external, externalEnums: [] },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
};

/** The adapter does not know Postgres's type "char", which the engine reads in the catalogue. */
const char = 18;
const text = 25;
const mark = "char ";

class MarkingClient extends pg.Client {
  // The pool calls it with a callback, the adapter without.
  override query(...values: never[]): never {
    const marked = (result: pg.QueryResult | pg.QueryResult[] | undefined): typeof result => {
      for (const field of [result].flat().flatMap((one) => one?.fields ?? [])) {
        if (field.dataTypeID === char) Object.assign(field, { dataTypeID: text, name: mark + field.name });
      }
      return result;
    };
    const query = super.query.bind(this) as (...given: unknown[]) => unknown;
    const index = values.findIndex((value) => typeof value === "function");
    if (index === -1) return (query(...values) as Promise<pg.QueryResult>).then(marked) as never;
    const callback = values[index] as unknown as (error: unknown, result: unknown) => void;
    const given: unknown[] = [...values];
    given[index] = (error: unknown, result: pg.QueryResult) => callback(error, marked(result));
    return query(...given) as never;
  }
}

const withChars = (adapter: SqlDriverAdapter): SqlDriverAdapter => {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const found = await queryRaw(query);
    for (const [index, name] of found.columnNames.entries()) {
      if (!name.startsWith(mark)) continue;
      found.columnNames[index] = name.slice(mark.length);
      found.columnTypes[index] = ColumnTypeEnum.Character;
    }
    return found;
  };
  return adapter;
};
