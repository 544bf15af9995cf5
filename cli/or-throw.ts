import type { Result } from "../src/result.ts";
import { describe } from "./describe.ts";
import { CommandError } from "./command-error.ts";

/** The value. @throws what is wrong, which the command prints before it ends */
export const orThrow = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new CommandError(describe(result.failure));
  return result.value;
};
