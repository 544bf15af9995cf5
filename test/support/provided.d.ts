import "vitest";
import type { LogSchema } from "./log-line.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A migrated database: a template, which tests copy and never write to. */
    databaseUrl: string;
    /** Neon's protocol over the tests' Postgres. */
    endpoint: string;
    /** The same, with the faults that a test asks for. */
    faultyEndpoint: string;
    signingSecret: string;
    /** What docs/log.md says of the log's lines. */
    logSchema: LogSchema;
    /** Whether this is `npm run test:all`, which has the cases that `npm test` leaves out. */
    isRest: boolean;
    /** Which histories the chaos suite plays, and how many. */
    chaos: { seed: number; count: number };
    /** How many deliveries the fuzz suite sends. */
    fuzz: { seed: number; unauthentic: number; authentic: number };
  }
}
