/** What `exports` of `cloudflare:workers` has. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../../src/index.ts");
  }
}
