/** More deliveries against the door than `npm run test:all` sends, or the same again: `npm run fuzz -- --seed N --count N`. */
import { playMore } from "./support/more.ts";

const help = `Sends random deliveries to the door, in workerd and without a database: forged ones, of which none may reach the
merge, and a tenth as many authentic ones, each of which must.

  npm run fuzz -- [options]

  --seed N    what they are made from; any without it
  --count N   how many forged ones; 1000000 without it, which take some minutes
  --help

A delivery that fails names its seed. To send the same again: npm run fuzz -- --seed N
`;

playMore("fuzz", help, Math.floor(Math.random() * 1e9), 1_000_000);
