/**
 * What docs/apps/next uses of @clerk/nextjs, which brings Next.js and React along: the same result as that of @clerk/backend.
 */
declare module "@clerk/nextjs/server" {
  import type { SignedInAuthObject, SignedOutAuthObject } from "@clerk/backend/internal";

  export const auth: () => Promise<SignedInAuthObject | SignedOutAuthObject>;
}
