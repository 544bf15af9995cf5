import { expect, test } from "vitest";
import { withoutBrokenConnections } from "../support/broken-connections.ts";

const ofWorkerd = [
  "uncaught exception; exception = kj/async-io-unix.c++:186: disconnected: ::read(fd, buffer): Connection reset by peer",
  "exception = workerd/api/streams/readable.c++:12: disconnected: other end dropped",
  "uncaught exception; source = Uncaught (in promise); stack = Error: Network connection lost.",
  "stack: /node_modules/@cloudflare/workerd-linux-64/bin/workerd@2c4f /lib/libc.so.6@29d90",
];

test("what workerd says of connections that break is not written, and all else is", () => {
  for (const line of ofWorkerd) expect(withoutBrokenConnections(`${line}\n`)).toBeUndefined();
  expect(withoutBrokenConnections(["before", ...ofWorkerd, "after", ""].join("\n"))).toBe("before\nafter\n");
  for (const text of ["\n", " ✓ a test\n", "uncaught exception; exception = failed: expected 1\n"])
    expect(withoutBrokenConnections(text)).toBe(text);
});
