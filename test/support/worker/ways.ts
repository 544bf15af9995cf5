import { inject } from "vitest";
import type { Bindings } from "../../../src/settings.ts";
import type { Fault } from "../fault.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** How often each happens per thousand calls. The ones that hang are rare, since each costs the whole deadline. */
const oddsOf: Record<Fault | "connection-refused", number> = {
  "connection-refused": 14,
  "server-error": 14,
  html: 14,
  "shutdown-before": 14,
  "answer-lost": 14,
  "answer-replaced": 14,
  "answer-cut-off": 14,
  hang: 1,
  "hang-in-answer": 1,
};
type Way = keyof typeof oddsOf | "none";

/** The Worker with one of the faults between it and Postgres, or none. */
const bindingsOf = ({ bindings }: World, way: Way): Bindings => {
  if (way === "none") return bindings;
  if (way === "connection-refused") return { ...bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" };
  return {
    ...bindings,
    DATABASE_URL: `${bindings.DATABASE_URL}?application_name=${way}`,
    NEON_FETCH_ENDPOINT: inject("faultyEndpoint"),
  };
};

/** One of each per world, since the Worker makes one client per environment. */
export type Ways = Map<Way, Bindings>;
export const waysOf = (world: World): Ways =>
  new Map((["none", ...Object.keys(oddsOf)] as Way[]).map((way) => [way, bindingsOf(world, way)]));

export const wayOf = (random: Random): Way => {
  let draw = random.below(1000);
  for (const [way, odds] of Object.entries(oddsOf)) {
    if (draw < odds) return way as Way;
    draw -= odds;
  }
  return "none";
};
