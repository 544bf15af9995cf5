import { describe, type Result } from "../src/result.ts";

/** The value. A command that has none says what is wrong and ends. */
export const orThrow = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(describe(result.failure));
  return result.value;
};
