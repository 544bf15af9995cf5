import { describe, type Result } from "../src/result.ts";

/** The value. @throws what is wrong, which the command prints before it ends */
export const orThrow = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(describe(result.failure));
  return result.value;
};
