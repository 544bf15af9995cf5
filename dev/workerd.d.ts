/** What only workerd has, of the sources that Node's types check as well. */

import type { webcrypto } from "node:crypto";

type Bytes = Parameters<typeof webcrypto.subtle.digest>[1];

declare module "node:crypto" {
  namespace webcrypto {
    interface SubtleCrypto {
      timingSafeEqual(left: Bytes, right: Bytes): boolean;
    }
  }
}
