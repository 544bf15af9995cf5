/** More histories than `npm test` plays, or one of them again: `npm run test:chaos -- --seed N --count N`. */
import { playMore } from "./support/more.ts";

const help = `Plays random histories of a Clerk instance, with duplicates, disorder, concurrency and faults,
and compares the copy with an independent fold.

  npm run test:chaos -- [options]

  --seed N    the first history; any without it
  --count N   how many; 10000 without it
  --help

A history that fails names its seed. To play it again: npm run test:chaos -- --seed N --count 1
`;

playMore("chaos", help, Math.floor(Math.random() * 1e9), 10_000);
