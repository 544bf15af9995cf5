import type { Mirror } from "../../../src/index.ts";
import type { Call, Outcome } from "./call.ts";

/** A Worker that calls `Mirror` as it is told. */

type Env = Record<NonNullable<Call["mirror"]>, Service<typeof Mirror>>;

const outcomeOf = async (
  env: Env,
  { mirror = "MIRROR", method = "ensureUser", id, options }: Call,
): Promise<Outcome> => {
  try {
    return { row: await env[mirror][method](id, options) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: { name: error.name, message: error.message } };
  }
};

export default {
  fetch: async (request, env) => {
    const call = await request.json<Call>();
    const outcomes = Promise.all(Array.from({ length: call.times ?? 1 }, () => outcomeOf(env, call)));
    if (call.until === undefined) return Response.json(await outcomes);
    const abandoned = fetch(call.until).then((): Outcome[] => [{ abandoned: true }]);
    return Response.json(await Promise.race([outcomes, abandoned]));
  },
} satisfies ExportedHandler<Env>;
